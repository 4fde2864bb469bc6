#include "common/proto/path.h"
#include "server/auth/acl_check.h"
#include "server/request/prepare.h"

namespace okapi {

ErrorCode check_session(PrepContext& context) {
  return context.sessions.check(context.request.session, context.request.owner());
}

ErrorCode check_node_acl(const PrepContext& context, const NodeState& node, int32_t perm) {
  if (node.acl.is_open()) return ErrorCode::kOk;
  return check_acl(node.acl.list(), perm, *context.request.identities, context.registry,
                   context.registry.skip_acl());
}

ErrorCode check_quota(const PrepContext& context, ByteView path, int64_t count_diff,
                      int64_t bytes_diff) {
  if (!context.config.request.enforce_quota) return ErrorCode::kOk;
  auto violation = context.tree.check_quota(path, count_diff, bytes_diff);
  return violation.has_value() && violation->hard() ? ErrorCode::kQuotaExceeded : ErrorCode::kOk;
}

jute::Vector<AclView> views_of(const AclList& acl) {
  jute::Vector<AclView> out;
  for (const Acl& entry : acl) out.items.push_back({entry.perms, entry.scheme, entry.id});
  return out;
}

AclRef pending_acl(const AclList& acl) {
  if (acl == open_acl()) return AclRef();
  auto* entry = new AclEntry;  // born with one count, which passes to the handle
  entry->list = acl;
  AclRef out(entry);
  AclRef::release(entry);
  return out;
}

bool is_deletable_path(ByteView path) {
  return path.find('/') != ByteView::npos && path.find('\0') == ByteView::npos &&
         path != kRootPath && path != kZooKeeperPath && path != kQuotaPath && path != kConfigPath;
}

void remove_pending(PrepContext& context, ByteView path, const NodeState& node) {
  ByteView parent_path = parent_of(path);
  NodeState parent = context.pending.get(parent_path);
  NodeState without = parent;
  --without.child_count;
  without.stat.pzxid = std::max(without.stat.pzxid, context.zxid);
  context.pending.change(parent_path, parent, without, context.zxid);
  context.pending.change(path, node, NodeState(), context.zxid);
}

}  // namespace okapi
