#include "common/proto/path.h"
#include "server/auth/acl_check.h"
#include "server/request/prepare.h"
#include "server/session/session_id.h"

namespace okapi {

namespace {

// Its own server answers for it. Compat: of a learner nobody asks more than that the id is not one
// of the leader's own (peer-protocol 10.3).
bool may_be_local(const PrepContext& context) {
  if (context.request.local != LocalSession::kNo) return true;
  if (!context.config.quorum.local_sessions_enabled || context.request.link == LinkId()) {
    return false;
  }
  return server_of(context.request.session) != static_cast<uint8_t>(context.config.server_id);
}

}  // namespace

ErrorCode check_session(PrepContext& context) {
  ErrorCode error = context.sessions.check(context.request.session, context.request.owner());
  return error == ErrorCode::kUnknownSession && may_be_local(context) ? ErrorCode::kOk : error;
}

ErrorCode check_global_session(PrepContext& context) {
  if (context.request.local == LocalSession::kMayNot) return ErrorCode::kEphemeralOnLocalSession;
  ErrorCode error = context.sessions.check(context.request.session, context.request.owner());
  return error == ErrorCode::kUnknownSession ? ErrorCode::kSessionExpired : error;
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
