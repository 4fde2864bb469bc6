// A snapshot, from a file or a leader, on its way into tree and sessions. The thread that holds the
// TreeWriter.
#pragma once

#include "server/database/zk_database.h"
#include "server/storage/snapshot_parser.h"
#include "server/tree/tree_loader.h"

namespace okapi {

class SnapshotLoader final : public SnapshotSink {
 public:
  // What the database held is dropped.
  SnapshotLoader(ZkDatabase& database, TreeWriter& writer);

  Status on_session(SessionId id, int32_t timeout_ms) override;
  Status on_acl(int64_t id, const jute::Vector<AclView>& acl) override;
  Status on_node(ByteView path, NullableView data, int64_t acl_id,
                 const StatPersisted& stat) override;

  // After the last node. Fails if the nodes are no tree; then the database is not to be used.
  Status finish() { return loader_.finish(); }
  // Nodes whose ACL the snapshot does not have.
  int64_t unknown_acls() const { return loader_.unknown_acls(); }

 private:
  ZkDatabase& database_;
  TreeLoader loader_;
};

}  // namespace okapi
