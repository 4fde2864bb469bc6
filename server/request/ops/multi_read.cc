// multiRead (client-protocol spec 3.14): getData and getChildren, all from one state. Watch flags
// inside are ignored.
#include "common/proto/responses.h"
#include "server/request/multi_request.h"
#include "server/request/read.h"

namespace okapi {
namespace {

constexpr int32_t kErrorType = static_cast<int32_t>(OpCode::kError);

void put_error(jute::OutputArchive& out, ErrorCode error) {
  auto code = static_cast<int32_t>(error);
  put(out, MultiHeader{kErrorType, false, code});
  out.put_int(code);
}

void put_result(jute::OutputArchive& out, const SubRequest& sub, const NodeView& node) {
  put(out, MultiHeader{static_cast<int32_t>(sub.op), false, 0});
  if (sub.op == OpCode::kGetData) {
    put(out, GetDataResponse{node.data(), node.stat()});
    return;
  }
  out.put_int(node.child_count());
  node.for_each_child([&](ByteView name) { out.put_buffer(name); });
}

}  // namespace

ErrorCode read_multi(ReadContext& context) {
  auto ops_max = static_cast<size_t>(context.config.limits.multi_ops_max);
  MultiRequest request = split_multi(context.request.body, true, ops_max);
  jute::OutputArchive out(context.body);
  context.stamp = context.tree.last_applied();
  if (request.error != ErrorCode::kOk) {
    // Compat: the reference sends a lone terminator with this error.
    if (request.wrong_kind) put(out, MultiHeader{kErrorType, true, kErrorType});
    return request.error;
  }
  std::vector<ByteView> paths;
  for (const SubRequest& sub : request.subs) {
    paths.push_back(jute::decode<ReadRequest>(sub.body)->path);
  }
  MultiReadLock lock = context.tree.read_all(paths);
  context.stamp = context.tree.last_applied();
  for (size_t i = 0; i < paths.size(); ++i) {
    auto node = lock.find(paths[i]);
    ErrorCode error = ErrorCode::kNoNode;
    if (node.has_value()) error = check_read_acl(context, node->acl(), Perms::kRead);
    if (error != ErrorCode::kOk) {
      put_error(out, error);
    } else {
      put_result(out, request.subs[i], *node);
    }
  }
  put(out, MultiHeader{kErrorType, true, kErrorType});
  return ErrorCode::kOk;
}

}  // namespace okapi
