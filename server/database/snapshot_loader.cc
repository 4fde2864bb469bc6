#include "server/database/snapshot_loader.h"

namespace okapi {

SnapshotLoader::SnapshotLoader(ZkDatabase& database, TreeWriter& writer)
    : database_(database), loader_(writer) {
  database_.sessions().clear();
  database_.committed_log().clear();
}

Status SnapshotLoader::on_session(SessionId id, int32_t timeout_ms) {
  database_.sessions().put(id, timeout_ms);
  return {};
}

Status SnapshotLoader::on_acl(int64_t id, const jute::Vector<AclView>& acl) {
  AclList list;
  for (const AclView& entry : acl.items) {
    list.push_back({entry.perms, std::string(entry.scheme.value_or(ByteView())),
                    std::string(entry.id.value_or(ByteView()))});
  }
  loader_.add_acl(id, std::move(list));
  return {};
}

Status SnapshotLoader::on_node(ByteView path, NullableView data, int64_t acl_id,
                               const StatPersisted& stat) {
  return loader_.add(path, data, acl_id, stat);
}

}  // namespace okapi
