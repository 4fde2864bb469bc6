// createSession and closeSession (client-protocol spec 2.5, 7.4).
#include <algorithm>

#include "common/proto/requests.h"
#include "server/request/prepare.h"

namespace okapi {

ErrorCode prepare_create_session(PrepContext& context, OpCode op, ByteView body, PreparedTxn& out) {
  auto txn = jute::decode<CreateSessionTxn>(body);
  if (!txn.ok()) return ErrorCode::kMarshallingError;
  SessionId session = context.request.session;
  // A learner chose the id; it may not choose somebody's (safety X-QUO-08).
  if (session == SessionId() || context.sessions.contains(session)) return ErrorCode::kBadArguments;
  context.sessions.add(session);
  context.sessions.set_owner(session, context.request.owner());
  out.type = op;
  jute::encode(out.body, *txn);
  return ErrorCode::kOk;
}

int64_t ephemeral_bytes_max(const ServerConfig& config) {
  constexpr int64_t kRecordOverhead = 128;  // header, count and digest of the record
  return std::max<int64_t>(config.limits.frame_bytes_max - kRecordOverhead, 0);
}

ErrorCode prepare_close_session(PrepContext& context, OpCode op, ByteView, PreparedTxn& out) {
  SessionId session = context.request.session;
  // Expired and closed by its client at the same moment: one of the two comes second.
  if (!context.sessions.is_open(session)) return ErrorCode::kSessionExpired;
  // Compat: the reference lets a learner close a session that has moved away from it.
  if (context.request.owner()) {
    if (ErrorCode error = check_session(context); error != ErrorCode::kOk) return error;
  }
  CloseSessionTxn txn;
  std::vector<std::string> paths = context.pending.ephemerals_of(session);
  for (const std::string& path : paths) {
    txn.paths.items.push_back(path);
    remove_pending(context, path, context.pending.get(path));
  }
  context.sessions.mark_closing(session);
  out.type = op;
  // Compat: with closeSessionTxn.enabled=false the record has no body (storage 2).
  if (context.config.request.close_session_txn_enabled) jute::encode(out.body, txn);
  return ErrorCode::kOk;
}

}  // namespace okapi
