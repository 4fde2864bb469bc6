// The inside of the tree, shared by its parts (reads, writer, loader, cursor); not for other rooms.
// Structure only: nodes, tables, indexes and sums. Whoever changes it is the one writer and holds
// the shards concerned; the writer may look without a lock.
#pragma once

#include <array>
#include <atomic>

#include "server/tree/ephemeral_index.h"
#include "server/tree/expiring_index.h"
#include "server/tree/node_table.h"
#include "server/tree/quota.h"
#include "server/tree/shard_locks.h"
#include "server/tree/tree_digest.h"

namespace okapi {

struct alignas(64) TreeShard {
  NodeTable nodes;
  EphemeralIndex ephemerals;
  ExpiringIndex expiring;
};

class TreeState {
 public:
  explicit TreeState(const TreeOptions& options);
  ~TreeState();
  TreeState(const TreeState&) = delete;
  TreeState& operator=(const TreeState&) = delete;

  const TreeOptions options;
  mutable ShardLocks locks;
  std::array<TreeShard, kTreeShards> shards;
  AclTable acls;
  QuotaPrefixes quotas;
  TreeDigest digest;
  std::atomic<int64_t> node_count{0};
  std::atomic<int64_t> data_size{0};  // paths and data
  std::atomic<int64_t> ephemeral_count{0};
  std::atomic<int64_t> last_applied{0};
  bool writer_taken = false;

  PathHash hash_of(ByteView path) const { return hash_path(options.hash_seed, path); }
  uint32_t shard_of_path(ByteView path) const {
    return path.size() <= 1 && is_root(path) ? root_shard_ : hash_of(path).shard();
  }
  uint32_t shard_of_owner(int64_t owner) const {
    return shard_of_session(options.hash_seed, SessionId(owner));
  }
  static bool is_root(ByteView path) { return path.empty() || path == "/"; }

  Znode& root() { return *root_; }
  // Null if there is none. "" is the root too.
  Znode* find(ByteView path) const;
  Znode* find(PathHash hash, ByteView path) const {
    return is_root(path) ? root_ : shards[hash.shard()].nodes.find(hash, path);
  }

  struct NewNode {
    Znode* parent;
    ByteView path;
    PathHash hash;  // of path
    SharedBytes data;
    AclEntry* acl;  // with a use that becomes the node's
    StatPersisted stat;
  };
  // Makes and links a node, with prefix, indexes and sums; the digest is the caller's to add.
  Znode* link(NewNode&& node);
  // Takes out and frees a node without children; the digest is the caller's to subtract first.
  void unlink(Znode* node, ByteView path, PathHash hash);
  void set_data(Znode* node, SharedBytes data);
  // Recomputes the kept CRC of path and data.
  void refresh_prefix(Znode* node, ByteView path);
  // Digest bookkeeping around a change of stat or prefix. No effect on nodes that do not count.
  void digest_out(const Znode& node, ByteView path);
  void digest_in(const Znode& node, ByteView path);

  // A block for data that may be null; all empty data share one.
  SharedBytes block_of(NullableView data) const;
  // Back to a bare root.
  void clear();

 private:
  void free_nodes();

  Znode* root_ = nullptr;
  uint32_t root_shard_ = 0;
  SharedBytes empty_block_;
};

inline void bump(std::atomic<int64_t>& sum, int64_t by) {
  sum.store(sum.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace okapi
