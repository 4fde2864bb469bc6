// setData (client-protocol spec 3.11) and check (3.15).
#include "common/proto/path.h"
#include "common/proto/requests.h"
#include "server/request/prepare.h"

namespace okapi {
namespace {

int32_t next_version(int32_t version) {
  return static_cast<int32_t>(static_cast<uint32_t>(version) + 1);  // wraps, as the reference's
}

}  // namespace

ErrorCode prepare_set_data(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto request = jute::decode<SetDataRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  if (!request->path.has_value() || !is_valid_path(*request->path)) {
    return ErrorCode::kBadArguments;
  }
  ByteView path = *request->path;
  NodeState node = context.pending.get(path);
  if (!node.exists) return ErrorCode::kNoNode;
  if (ErrorCode error = check_node_acl(context, node, Perms::kWrite); error != ErrorCode::kOk) {
    return error;
  }
  auto length = static_cast<int32_t>(request->data.value_or(ByteView()).size());
  if (ErrorCode error = check_quota(context, path, 0, int64_t{length} - node.data_length);
      error != ErrorCode::kOk) {
    return error;
  }
  if (request->version != -1 && request->version != node.stat.version) {
    return ErrorCode::kBadVersion;
  }
  NodeState changed = node;
  changed.stat.version = next_version(node.stat.version);
  changed.stat.mzxid = context.zxid;
  changed.stat.mtime = context.time_ms;
  changed.data_length = length;
  if (counts_in_digest(path)) changed.digest_prefix = digest_prefix(path, request->data);
  out.type = op;
  jute::encode(out.body, SetDataTxn{path, request->data, changed.stat.version});
  context.pending.change(path, node, changed, context.zxid);
  return ErrorCode::kOk;
}

ErrorCode prepare_check(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto request = jute::decode<CheckRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  if (!request->path.has_value() || !is_valid_path(*request->path)) {
    return ErrorCode::kBadArguments;
  }
  NodeState node = context.pending.get(*request->path);
  if (!node.exists) return ErrorCode::kNoNode;
  if (ErrorCode error = check_node_acl(context, node, Perms::kRead); error != ErrorCode::kOk) {
    return error;
  }
  if (request->version != -1 && request->version != node.stat.version) {
    return ErrorCode::kBadVersion;
  }
  out.type = op;
  // Compat: the logged version is the checked one plus one, as the reference writes it.
  jute::encode(out.body, CheckTxn{*request->path, next_version(node.stat.version)});
  return ErrorCode::kOk;
}

}  // namespace okapi
