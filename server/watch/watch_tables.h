// All watches of one server (client-protocol spec section 6): the data and the child table, sharded
// by path, and the recursive ones. Paths are literals: nothing is validated, "" and "/" differ.
//
// Exactness: a watch is set and a node read under one hold of the tree's shard of that path, and
// the applier triggers while it holds that shard exclusively. Recursive watches are under no shard:
// the applier keeps a TxnGuard from before its first trigger until it has stored last_applied, and
// who adds one reads his stamp through add_recursive.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "common/proto/watch_modes.h"
#include "server/watch/recursive_watches.h"
#include "server/watch/watch_event.h"
#include "server/watch/watch_shard.h"

namespace okapi {

inline constexpr size_t kWatchShards = 64;

struct WatchOptions {
  // Pairs of connection and path that one connection may have; 0: no bound.
  int64_t per_connection_max = 0;
};

class WatchTables {
 public:
  explicit WatchTables(const WatchOptions& options = {}) : options_(options) {}

  // --- a worker, for its own connections ---
  // False: the connection has as many watches as it may (and no watch was set). Setting what is
  // set already is true.
  bool add_data(ByteView path, ConnectionId watcher);
  bool add_child(ByteView path, ConnectionId watcher);
  bool add_persistent(ByteView path, ConnectionId watcher);
  // Calls stamp() (for instance to read last_applied) before the applier can go on.
  template <class Stamp>
  bool add_recursive(ByteView path, ConnectionId watcher, Stamp&& stamp) {
    MutexLock lock(recursive_.mutex());
    bool added = add_recursive_locked(path, watcher);
    stamp();
    return added;
  }
  bool add_recursive(ByteView path, ConnectionId watcher) {
    return add_recursive(path, watcher, [] {});
  }
  // What checkWatches answers; false is NoWatcher.
  bool check(ByteView path, ConnectionId watcher, WatcherType type) const;
  // What removeWatches does; false is NoWatcher.
  bool remove(ByteView path, ConnectionId watcher, WatcherType type);
  // The connection is gone: so are all its watches. Takes time by their number.
  void remove_watcher(ConnectionId watcher);

  // --- the applier ---
  // Holds recursive watches still for one txn: made after the txn's shards are held, gone before
  // the next txn's shards are taken (else a worker that holds one of those would wait for ever).
  class TxnGuard {
   public:
    explicit TxnGuard(WatchTables& tables);
    ~TxnGuard();
    TxnGuard(const TxnGuard&) = delete;
    TxnGuard& operator=(const TxnGuard&) = delete;

   private:
    WatchTables& tables_;
  };
  // Appends the notifications of one change, in order (spec 6.2); none without watchers. One-shot
  // watches are consumed. The views come from `change`. `zxid` is the change's, for assertions:
  // it never falls. Without a TxnGuard it takes the recursive lock for the call.
  void trigger(const WatchChange& change, Zxid zxid, std::vector<WatchNotification>& out);

  // --- any thread ---
  // Pairs of connection and path in both tables.
  int64_t total_count() const;
  // One shard's mutex is held for its calls f(path, watcher).
  template <class F>
  void for_each_data_watch(size_t shard, F&& f) const {
    const WatchShard& part = shards_[shard];
    MutexLock lock(part.mutex());
    part.for_each_data_watch(
        [&](ByteView path, ConnectionId watcher, uint8_t) { f(path, watcher); });
  }

 private:
  bool add(ByteView path, ConnectionId watcher, uint8_t data_bits, uint8_t child_bits);
  bool add_recursive_locked(ByteView path, ConnectionId watcher);
  uint8_t remove_bits(ByteView path, ConnectionId watcher, uint8_t data_bits, uint8_t child_bits);
  void trigger_guarded(const WatchChange& change, std::vector<WatchNotification>& out);
  // Adds the path's watchers to scratch_.
  void fire(ByteView path, WatchTable table);
  // Makes a notification of what is in scratch_, if anything is.
  void flush(WatchNotification&& notification, std::vector<WatchNotification>& out);
  // The bound per connection, if there is one.
  bool take_place(ConnectionId watcher);
  void give_places(ConnectionId watcher, int64_t count);

  WatchShard& shard_of(uint64_t hash) { return shards_[hash >> 58]; }
  const WatchShard& shard_of(uint64_t hash) const { return shards_[hash >> 58]; }

  const WatchOptions options_;
  std::array<WatchShard, kWatchShards> shards_;
  RecursiveWatches recursive_;
  // The applier's.
  bool guarded_ = false;
  Zxid last_zxid_;
  std::vector<ConnectionId> scratch_, gone_;

  Mutex places_mutex_;  // a leaf
  std::unordered_map<ConnectionId, int64_t> places_taken_ GUARDED_BY(places_mutex_);
};

}  // namespace okapi
