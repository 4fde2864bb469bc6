// The replicated tree of znodes. Any thread reads, under the locks of the shards concerned; one
// thread writes, the holder of the TreeWriter (tree_writer.h). Paths and sessions are hashed onto
// 64 shards.
//
// What always holds: 1. A txn is applied while all shards it touches are held exclusively, so no
// reader sees half of it. 2. A node outlives every lock on its shard, and its children. 3. Numbers
// read under a node's lock belong to the state after some txn, at or before last_applied().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/tree/expiring_index.h"
#include "server/tree/path_hash.h"
#include "server/tree/quota.h"
#include "server/tree/shard_locks.h"
#include "server/tree/znode.h"

namespace okapi {

class TreeState;
class TreeWriter;
class TreeLoader;

// One path looked up, its shard held shared until this goes. A thread
// has at most one ReadLock or MultiReadLock at a time.
class ReadLock {
 public:
  ReadLock() = default;  // nothing locked, nothing found
  bool found() const { return node_.has_value(); }
  // Asserts found().
  const NodeView& node() const {
    OKAPI_ASSERT(node_.has_value());
    return *node_;
  }

 private:
  friend class DataTree;
  ReadLock(SharedHold hold, const Znode* node, const TreeOptions& options)
      : hold_(std::move(hold)) {
    if (node != nullptr) node_.emplace(*node, options);
  }
  SharedHold hold_;
  std::optional<NodeView> node_;
};

// Several paths at once, all their shards held shared.
class MultiReadLock {
 public:
  // Only for paths that read_all was given (asserted by shard).
  std::optional<NodeView> find(ByteView path) const;

 private:
  friend class DataTree;
  MultiReadLock(const TreeState& state, SharedHold hold) : state_(&state), hold_(std::move(hold)) {}
  const TreeState* state_;
  SharedHold hold_;
};

class DataTree {
 public:
  // A bare root; fill it with initialize_empty() or a TreeLoader.
  explicit DataTree(const TreeOptions& options = {});
  ~DataTree();
  DataTree(const DataTree&) = delete;
  DataTree& operator=(const DataTree&) = delete;

  // --- reads: any thread ---
  // "" is an alias of "/". Anything else that is not a node's exact path is not found.
  ReadLock read(ByteView path) const { return read(path, hash_of(path)); }
  // The same for who has the path's hash already.
  ReadLock read(ByteView path, PathHash hash) const;
  PathHash hash_of(ByteView path) const;
  // For who knows what will be read soon: has the processor fetch where the node is found, and then
  // the node. Each takes the shard's lock for a moment.
  enum class Fetch { kSlots, kNode };
  void prefetch(PathHash hash, Fetch what) const;
  MultiReadLock read_all(std::span<const ByteView> paths) const;
  // The shared shards of these paths, without looking anything up.
  MultiReadLock read_all(ShardMask shards) const;

  // Znodes, root included. The reference's own figure is one more: it counts "" and "/".
  int64_t node_count() const;
  int64_t approximate_data_size() const;  // bytes of paths and data
  int64_t ephemerals_count() const;
  // Paths of the session's ephemerals, in no particular order.
  std::vector<std::string> ephemerals_of(SessionId session) const;
  // For each session that has ephemerals f(session, paths); one shard's sessions per lock.
  void for_each_session_with_ephemerals(
      const std::function<void(SessionId, const std::vector<std::string>&)>& f) const;
  // Descendants at any depth; nothing if there is no such node. Exact up to 10 000 nodes and
  // for "/"; beyond that it may mix states of concurrent writes (client-protocol spec 11.13).
  std::optional<int64_t> count_descendants(ByteView path) const;
  // Up to `max` nodes looked at from `position` on; the paths of those that the reaper may take.
  std::vector<std::string> reaper_candidates(const ReaperRule& rule, ReaperPosition& position,
                                             size_t max) const;
  // Whether a change of that size at `path` passes a quota (position 13 of a create, or a setData).
  // Compares applied usage. A soft violation is worth a log line only.
  std::optional<QuotaViolation> check_quota(ByteView path, int64_t count_diff,
                                            int64_t bytes_diff) const;
  std::vector<QuotaUsage> quota_usage() const;
  const AclTable& acls() const;
  const TreeOptions& options() const;
  ShardMask shard_mask_of(ByteView path) const;

  // The last txn whose effects readers may see. Read under a shard lock it is exact for its nodes.
  Zxid last_applied() const;
  // Writer, before it lets go of the txn's shards.
  void set_last_applied(Zxid zxid);

  // --- the one writer ---
  // Asserts that nobody else has it.
  TreeWriter take_writer();
  // The digest of the tree as it is; 0 when digests are off.
  uint64_t digest() const;
  // From scratch, for tests and checks; walks everything.
  uint64_t recompute_digest() const;

  // The structure, for the parts of this room.
  TreeState& state() { return *state_; }
  const TreeState& state() const { return *state_; }

 private:
  std::unique_ptr<TreeState> state_;
};

}  // namespace okapi
