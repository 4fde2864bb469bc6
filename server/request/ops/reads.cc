// exists, getData, getChildren, getChildren2, getACL (client-protocol spec 3.9, 3.10, 3.12).
#include "common/proto/responses.h"
#include "server/auth/acl_check.h"
#include "server/request/children.h"
#include "server/request/read.h"

namespace okapi {
namespace {

// False: the connection has as many watches as it may.
bool watch_data(ReadContext& context, ByteView path) {
  return context.watches.add_data(path, context.request.connection);
}

}  // namespace

ErrorCode check_read_acl(const ReadContext& context, const AclRef& acl, int32_t perm) {
  if (acl.is_open()) return ErrorCode::kOk;
  return check_acl(acl.list(), perm, *context.request.identities, context.registry,
                   context.registry.skip_acl());
}

ErrorCode read_exists(ReadContext& context) {
  auto request = jute::decode<ReadRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (request->path.find('\0') != ByteView::npos) return ErrorCode::kBadArguments;
  ReadLock lock = context.tree.read(request->path);
  context.stamp = context.tree.last_applied();
  if (lock.found()) {
    ErrorCode error = check_read_acl(context, lock.node().acl(), Perms::kRead);
    if (error != ErrorCode::kOk) return error;
  }
  if (request->watch && !watch_data(context, request->path)) return ErrorCode::kSystemError;
  if (!lock.found()) return ErrorCode::kNoNode;
  jute::encode(context.body, lock.node().stat());
  return ErrorCode::kOk;
}

ErrorCode read_get_data(ReadContext& context) {
  auto request = jute::decode<ReadRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  ReadLock lock = context.tree.read(request->path);
  context.stamp = context.tree.last_applied();
  if (!lock.found()) return ErrorCode::kNoNode;
  const NodeView& node = lock.node();
  if (ErrorCode error = check_read_acl(context, node.acl(), Perms::kRead);
      error != ErrorCode::kOk) {
    return error;
  }
  if (request->watch && !watch_data(context, request->path)) return ErrorCode::kSystemError;
  jute::encode(context.body, GetDataResponse{node.data(), node.stat()});
  return ErrorCode::kOk;
}

ErrorCode read_get_children(ReadContext& context) {
  auto request = jute::decode<ReadRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  bool with_stat = context.request.op == OpCode::kGetChildren2;
  // The lock lets go between slices of a long list; the stamp is that of the last hold.
  auto check = [&](const NodeView* node, bool last) {
    context.stamp = context.tree.last_applied();
    if (node == nullptr) return ErrorCode::kNoNode;
    ErrorCode error = check_read_acl(context, node->acl(), Perms::kRead);
    if (error != ErrorCode::kOk || !last) return error;
    ConnectionId watcher = context.request.connection;
    if (request->watch && !context.watches.add_child(request->path, watcher)) {
      return ErrorCode::kSystemError;
    }
    if (with_stat) jute::encode(context.body, node->stat());
    return ErrorCode::kOk;
  };
  return list_children(context.tree, request->path, context.config.limits.child_names_per_slice_max,
                       context.body, check);
}

ErrorCode read_get_acl(ReadContext& context) {
  auto request = jute::decode<PathRequest>(context.request.body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  ReadLock lock = context.tree.read(request->path);
  context.stamp = context.tree.last_applied();
  if (!lock.found()) return ErrorCode::kNoNode;
  const NodeView& node = lock.node();
  AclRef acl = node.acl();
  ErrorCode error = check_read_acl(context, acl, Perms::kRead | Perms::kAdmin);
  if (error != ErrorCode::kOk) return error;
  bool admin = check_read_acl(context, acl, Perms::kAdmin) == ErrorCode::kOk;
  GetAclResponse response;
  response.acl.items = admin ? acl.list() : redact(acl.list());
  response.stat = node.stat();
  jute::encode(context.body, response);
  return ErrorCode::kOk;
}

}  // namespace okapi
