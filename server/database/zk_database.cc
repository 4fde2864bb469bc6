#include "server/database/zk_database.h"

namespace okapi {

Applied ZkDatabase::apply(TreeWriter& writer, const Txn& txn, const EncodedTxn& encoded,
                          ApplyMode mode) {
  Applied applied = writer.apply(txn, mode);
  SessionId session = txn.header.client_id;
  if (const auto* created = std::get_if<CreateSessionTxn>(&txn.body)) {
    sessions_.put(session, created->timeout_ms);
  } else if (std::holds_alternative<CloseSessionTxn>(txn.body)) {
    sessions_.remove(session);
  }
  // While a role serves its Leader or Learner does that, with the commit.
  if (mode == ApplyMode::kReplay) committed_log_.add(encoded);
  return applied;
}

}  // namespace okapi
