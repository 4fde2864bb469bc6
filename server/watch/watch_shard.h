// The watches on a 64th of all paths: one record per connection and path with the bits of both
// tables, found by path, by connection, and by both. Guarded by its mutex, which WatchTables takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "server/watch/flat_index.h"
#include "server/watch/watch_bits.h"

namespace okapi {

enum class WatchTable { kData, kChild };

struct WatchCounts {
  int64_t data = 0, child = 0;  // pairs of connection and path, whatever their bits
};

class WatchShard {
 public:
  Mutex& mutex() const { return mutex_; }
  // Without the lock: whether there is nothing here. Exact for a path whose tree lock one holds.
  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }

  // Sets bits; true if this pair of connection and path was in neither table before.
  bool add(uint64_t hash, ByteView path, ConnectionId watcher, WatchTable table, uint8_t bits);
  // The bits of that pair, 0 if none.
  uint8_t bits(uint64_t hash, ByteView path, ConnectionId watcher, WatchTable table) const;
  // Clears bits. `removed` tells which of them were set; true if the pair left both tables.
  bool remove(uint64_t hash, ByteView path, ConnectionId watcher, WatchTable table, uint8_t bits,
              uint8_t& removed);
  // Appends the watchers of the path in that table, unordered; one-shot bits are consumed.
  // `gone` gets those whose pair left both tables.
  void fire(uint64_t hash, ByteView path, WatchTable table, std::vector<ConnectionId>& watchers,
            std::vector<ConnectionId>* gone);
  // Removes all of a connection; the number of pairs that went.
  size_t remove_watcher(ConnectionId watcher);

  WatchCounts counts() const { return counts_; }
  // Calls f(path, watcher, data bits) for each pair in the data table, path by path.
  template <class F>
  void for_each_data_watch(F&& f) const {
    for (const Path& path : paths_) {
      for (uint32_t number = path.first; number != kNone; number = records_[number].path_next) {
        if (records_[number].data_bits != 0) {
          f(path.text(), records_[number].watcher, records_[number].data_bits);
        }
      }
    }
  }

 private:
  static constexpr uint32_t kNone = FlatIndex::kNone;

  struct Record {
    ConnectionId watcher;
    uint32_t path = 0;           // number of its Path
    uint32_t path_next = kNone;  // the path's other records
    uint32_t path_before = kNone;
    uint32_t next = kNone;  // the connection's others here; of a free record: the next free one
    uint32_t before = kNone;
    uint8_t data_bits = 0, child_bits = 0;
  };
  static_assert(sizeof(Record) == 32);
  // A path that somebody watches, or a free place: then it has no records.
  struct Path {
    std::unique_ptr<char[]> bytes;
    uint32_t size = 0;
    uint32_t first = kNone;  // of its records
    ByteView text() const { return {bytes.get(), size}; }
  };

  uint32_t find_path(uint64_t hash, ByteView path) const;
  uint32_t find_record(uint32_t path, ConnectionId watcher) const;
  uint32_t add_path(uint64_t hash, ByteView path);
  uint32_t add_record(uint32_t path, ConnectionId watcher);
  void set_bits(Record& record, WatchTable table, uint8_t bits);
  void drop_record(uint32_t number);
  void drop_path(uint32_t number);
  static uint64_t pair_hash(uint32_t path, ConnectionId watcher);
  uint64_t hash_of_path(uint32_t number) const;
  uint64_t hash_of_pair(uint32_t number) const;
  uint64_t hash_of_head(uint32_t number) const;

  mutable Mutex mutex_;
  std::atomic<size_t> size_{0};
  WatchCounts counts_;
  std::vector<Record> records_;
  std::vector<Path> paths_;
  std::vector<uint32_t> free_paths_;
  uint32_t free_record_ = kNone;
  FlatIndex by_path_;  // numbers of paths
  FlatIndex by_pair_;  // numbers of records, by path and watcher
  FlatIndex heads_;    // numbers of each connection's first record, by watcher
};

uint64_t hash_watch_path(ByteView path);

}  // namespace okapi
