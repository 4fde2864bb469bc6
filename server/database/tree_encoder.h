// The live tree as the sections of a snapshot, in slices, for a file or a learner (storage spec
// 4.1, peer-protocol spec 5.4). What comes out is fuzzy: it may hold any effects of transactions
// behind the stamp. Whoever uses it holds a TreeLease, or the TreeWriter.
#pragma once

#include <memory>
#include <set>

#include "server/database/zk_database.h"
#include "server/storage/snapshot_format.h"
#include "server/tree/tree_cursor.h"

namespace okapi {

// Whether transactions are applied while the tree is walked.
enum class TreeIs { kStill, kInUse };

class TreeEncoder {
 public:
  // Takes the stamp, the last wholly applied txn: whatever is applied from here on will be
  // replayed.
  TreeEncoder(const ZkDatabase& database, TreeIs tree);

  // Sessions and ACL table. First of all.
  void begin(SnapshotEncoder& out);
  // Up to `max_nodes` nodes; false when all are in. The caller drains `out` and ends the nodes.
  bool next_slice(SnapshotEncoder& out, size_t max_nodes);

  Zxid stamp() const { return stamp_; }
  uint64_t nodes() const { return nodes_; }

 private:
  void put_sessions(SnapshotEncoder& out);
  void put_acls(SnapshotEncoder& out);

  const ZkDatabase* database_;
  TreeIs tree_;
  Zxid stamp_;
  std::unique_ptr<TreeCursor> cursor_;
  std::set<int64_t> acl_ids_;
  int64_t closed_acl_id_ = 0;  // of a list that admits nobody; only if the tree is in use
  uint64_t nodes_ = 0;
};

}  // namespace okapi
