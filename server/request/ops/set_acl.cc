// setACL (client-protocol spec 3.12).
#include "common/proto/path.h"
#include "common/proto/requests.h"
#include "server/auth/acl_check.h"
#include "server/request/prepare.h"

namespace okapi {

ErrorCode prepare_set_acl(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto request = jute::decode<SetAclRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  if (!request->path.has_value() || !is_valid_path(*request->path)) {
    return ErrorCode::kBadArguments;
  }
  ByteView path = *request->path;
  NormalizedAcl acl = normalize_acl(request->acl, *context.request.identities, context.registry);
  if (acl.error != ErrorCode::kOk) return acl.error;
  NodeState node = context.pending.get(path);
  if (!node.exists) return ErrorCode::kNoNode;
  if (ErrorCode error = check_node_acl(context, node, Perms::kAdmin); error != ErrorCode::kOk) {
    return error;
  }
  if (request->version != -1 && request->version != node.stat.aversion) {
    return ErrorCode::kBadVersion;
  }
  NodeState changed = node;
  changed.stat.aversion = static_cast<int32_t>(static_cast<uint32_t>(node.stat.aversion) + 1);
  changed.acl = pending_acl(acl.list());
  out.type = op;
  jute::encode(out.body, SetAclTxn{path, views_of(acl.list()), changed.stat.aversion});
  context.pending.change(path, node, changed, context.zxid);
  return ErrorCode::kOk;
}

}  // namespace okapi
