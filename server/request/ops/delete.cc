// delete and deleteContainer (client-protocol spec 3.6, 3.7).
#include "common/proto/path.h"
#include "common/proto/requests.h"
#include "server/request/prepare.h"
#include "server/tree/expiring_index.h"
#include "server/tree/node_kind.h"

namespace okapi {
namespace {

void finish(PrepContext& context, OpCode op, ByteView path, const NodeState& node,
            PreparedTxn& out) {
  out.type = op;
  jute::encode(out.body, DeleteTxn{path});
  remove_pending(context, path, node);
}

}  // namespace

ErrorCode prepare_delete(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto request = jute::decode<DeleteRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  ByteView path = request->path;
  if (!is_deletable_path(path)) return ErrorCode::kBadArguments;
  NodeState parent = context.pending.get(parent_of(path));
  if (!parent.exists) return ErrorCode::kNoNode;
  if (ErrorCode error = check_node_acl(context, parent, Perms::kDelete); error != ErrorCode::kOk) {
    return error;
  }
  // A trailing slash names no node.
  NodeState node = path.back() == '/' ? NodeState() : context.pending.get(path);
  if (!node.exists) return ErrorCode::kNoNode;
  if (request->version != -1 && request->version != node.stat.version) {
    return ErrorCode::kBadVersion;
  }
  if (node.child_count > 0) return ErrorCode::kNotEmpty;
  finish(context, op, path, node, out);
  return ErrorCode::kOk;
}

ErrorCode prepare_delete_container(PrepContext& context, OpCode op, ByteView body,
                                   PreparedTxn& out) {
  // Compat: from a client always refused, as 3.8.0 answers (client-protocol 11.3).
  if (context.request.owner()) return ErrorCode::kBadArguments;
  auto request = jute::decode<PathRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  ByteView path = request->path;
  if (!is_deletable_path(path)) return ErrorCode::kBadArguments;
  NodeState node = context.pending.get(path);
  if (!node.exists) return ErrorCode::kNoNode;
  if (node.child_count > 0) return ErrorCode::kNotEmpty;
  // The reaper saw what was applied. Since then the node may have been made anew, or used: the
  // reference, which looks only for ephemerals here, would delete it.
  ReaperRule rule{context.time_ms, context.config.request.container_never_used_interval_ms_max};
  if (!may_be_reaped(node.stat, context.tree.options(), rule)) return ErrorCode::kBadVersion;
  finish(context, op, path, node, out);
  return ErrorCode::kOk;
}

}  // namespace okapi
