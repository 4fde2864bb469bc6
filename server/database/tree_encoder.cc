#include "server/database/tree_encoder.h"

#include "common/base/assert.h"

namespace okapi {
namespace {

// Of a list that lets nobody in: for nodes whose list is younger than the table in the file. The
// replay of their setACL puts it right.
const AclList& closed_acl() {
  static const AclList kClosed = {{0, "world", "anyone"}};
  return kClosed;
}

}  // namespace

TreeEncoder::TreeEncoder(const ZkDatabase& database, TreeIs tree)
    : database_(&database),
      tree_(tree),
      stamp_(database.tree().last_applied()),
      cursor_(std::make_unique<TreeCursor>(database.tree(), stamp_)) {}

void TreeEncoder::begin(SnapshotEncoder& out) {
  put_sessions(out);
  put_acls(out);
}

void TreeEncoder::put_sessions(SnapshotEncoder& out) {
  auto sessions = database_->sessions().all();
  out.begin_sessions(static_cast<int32_t>(sessions.size()));
  for (const SessionEntry& entry : sessions) out.session(entry.session, entry.timeout_ms);
}

void TreeEncoder::put_acls(SnapshotEncoder& out) {
  auto lists = database_->tree().acls().list_all();
  std::erase_if(lists, [](const AclRef& acl) { return acl.id() == kSnapshotOpenAclId; });
  for (const AclRef& acl : lists) acl_ids_.insert(acl.id());
  size_t count = lists.size();
  if (tree_ == TreeIs::kInUse) {
    // The tree gives this number to its next new list; used by a node it then means just that.
    closed_acl_id_ = acl_ids_.empty() ? 1 : *acl_ids_.rbegin() + 1;
    acl_ids_.insert(closed_acl_id_);
    ++count;
  }
  out.begin_acls(static_cast<int32_t>(count));
  for (const AclRef& acl : lists) out.acl(acl.id(), acl.list());
  if (tree_ == TreeIs::kInUse) out.acl(closed_acl_id_, closed_acl());
}

bool TreeEncoder::next_slice(SnapshotEncoder& out, size_t max_nodes) {
  return cursor_->next_slice(max_nodes, [&](ByteView path, const NodeView& node) {
    int64_t acl_id = node.acl().id();
    if (acl_id != kSnapshotOpenAclId && !acl_ids_.contains(acl_id)) {
      OKAPI_ASSERT(closed_acl_id_ != 0);
      acl_id = closed_acl_id_;
    }
    // The root is written as "": "/" ends the nodes.
    out.node(path.size() == 1 ? ByteView() : path, node.data(), acl_id, node.stored_stat());
    ++nodes_;
  });
}

}  // namespace okapi
