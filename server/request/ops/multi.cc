// multi (client-protocol spec 3.13): one zxid for all, validated in order, each sub-operation
// against the tree, what is pending and the sub-operations before it.
#include "server/request/multi_request.h"
#include "server/request/op_table.h"
#include "server/request/prepare.h"

namespace okapi {
namespace {

constexpr int32_t kErrorType = static_cast<int32_t>(OpCode::kError);

// Compat: a failed multi is logged with the operations before the failing one as they were, then
// error records: the failure's code, and "runtime inconsistency" for those never looked at.
void append_error(jute::Vector<SubTxn>& subs, std::vector<std::string>& kept, ErrorCode error) {
  kept.push_back(jute::encoded(ErrorTxn{static_cast<int32_t>(error)}));
  subs.items.push_back({kErrorType, kept.back()});
}

}  // namespace

ErrorCode prepare_multi(PrepContext& context, OpCode, ByteView body, PreparedTxn& out) {
  auto ops_max = static_cast<size_t>(context.config.limits.multi_ops_max);
  MultiRequest request = split_multi(body, false, ops_max);
  if (request.error != ErrorCode::kOk) return request.error;
  MultiTxn txn;
  std::vector<std::string> bodies;
  bodies.reserve(request.subs.size());  // views on them must not move
  bool failed = false;
  context.pending.begin_multi();
  for (const SubRequest& sub : request.subs) {
    if (failed) {
      append_error(txn.subs, bodies, ErrorCode::kRuntimeInconsistency);
      continue;
    }
    PreparedTxn prepared;
    ErrorCode error = op_row(sub.op).prepare(context, sub.op, sub.body, prepared);
    if (error == ErrorCode::kSessionMoved) {
      context.pending.roll_back_multi();
      return error;
    }
    if (error != ErrorCode::kOk) {
      failed = true;
      context.pending.roll_back_multi();
      append_error(txn.subs, bodies, error);
      continue;
    }
    bodies.push_back(std::move(prepared.body));
    // Compat: 3.8.0 cannot read create2 inside a multi, so it is logged as create (storage 2).
    OpCode type = prepared.type == OpCode::kCreate2 ? OpCode::kCreate : prepared.type;
    txn.subs.items.push_back({static_cast<int32_t>(type), bodies.back()});
  }
  if (!failed) context.pending.end_multi();
  out.type = OpCode::kMulti;
  jute::encode(out.body, txn);
  return ErrorCode::kOk;
}

}  // namespace okapi
