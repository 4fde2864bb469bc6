// reconfig (client-protocol spec 3.17, peer-protocol spec 11.6).
#include "server/config/reconfig.h"
#include "common/proto/path.h"
#include "common/proto/requests.h"
#include "server/request/prepare.h"

namespace okapi {

ErrorCode prepare_reconfig(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto request = jute::decode<ReconfigRequest>(body);
  if (!request.ok()) return ErrorCode::kMarshallingError;
  if (!context.config.request.reconfig_enabled) return ErrorCode::kReconfigDisabled;
  if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  const MembershipView* membership = context.membership;
  if (membership == nullptr) return ErrorCode::kUnimplemented;
  ReconfigPlan plan = plan_reconfig(*request, *membership->current, *membership->newest(),
                                    context.config.quorum.rules(), context.zxid);
  context.reconfig_refused = std::move(plan.why);
  if (plan.error != ErrorCode::kOk) return plan.error;
  if (!plan.config->contains_quorum(membership->synced)) {
    context.reconfig_refused = "no quorum of the new configuration is connected and synced";
    return ErrorCode::kNewConfigNoQuorum;
  }
  NodeState node = context.pending.get(kConfigPath);
  OKAPI_ASSERT(node.exists);  // put there at the start of the term; nobody may delete it
  if (ErrorCode error = check_node_acl(context, node, Perms::kWrite); error != ErrorCode::kOk) {
    return error;
  }
  context.reconfigured = std::make_shared<const QuorumConfig>(std::move(*plan.config));
  std::string text = context.reconfigured->text();
  NodeState changed = node;
  changed.stat.version = -1;
  changed.stat.mzxid = context.zxid;
  changed.stat.mtime = context.time_ms;
  changed.data_length = static_cast<int32_t>(text.size());
  out.type = op;
  jute::encode(out.body, SetDataTxn{kConfigPath, ByteView(text), -1});
  context.pending.change(kConfigPath, node, changed, context.zxid);
  return ErrorCode::kOk;
}

}  // namespace okapi
