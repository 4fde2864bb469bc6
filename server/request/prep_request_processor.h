// The stage that turns requests into transactions: checks session, ACL and arguments against the
// tree and what is pending, fixes zxid and time, encodes once (client-protocol spec 2.10, 3). A
// refused write still takes a zxid, as an error transaction (Compat). No disk, no socket: any
// thread may take its turn. Writes nothing but its own overlay.
#pragma once

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/request/pending_changes.h"
#include "server/request/prep_mail.h"
#include "server/request/prepare.h"

namespace okapi {

class PrepRequestProcessor final : public Stage {
 public:
  // `last` is the newest zxid of the history; `sessions` those alive now; `membership` is there on
  // the leader of an ensemble.
  PrepRequestProcessor(Env& env, const ServerConfig& config, const ProviderRegistry& registry,
                       const DataTree& tree, Zxid last, const std::vector<SessionId>& sessions,
                       std::optional<MembershipView> membership = {});

  // One box, as their order counts: what a connection had accepted is before its session's new
  // owner, and that is before the new one's requests.
  Mailbox<PrepMail> requests;
  // Of QuorumPeer: each is in force for all requests posted behind it.
  Mailbox<MembershipView> memberships;
  Sink<Prepared> to_peer;
  // Sessions that learners ask for, before their txn is proposed.
  Sink<SessionMail> to_tracker;

  void step(Turn& turn) override;

  const Counter& queued() const { return queued_; }

 private:
  void take_memberships();
  void take(const RequestPtr& request, int64_t time_ms);
  void take(const SessionRequest& request, int64_t time_ms);
  void order_sync(const RequestView& request, int64_t time_ms);
  void prepare(const RequestView& request, int64_t time_ms);
  void fetch_ahead(size_t index);
  void warn_of_full(const RequestView& request);
  void note_reconfig(const PrepContext& context, ErrorCode error);
  void propose(const RequestView& request, ErrorCode error, int64_t time_ms);
  void propose(TxnHeader header, std::optional<TxnDigest> digest);

  Env& env_;
  const ServerConfig& config_;
  const ProviderRegistry& registry_;
  const DataTree& tree_;
  Zxid last_;
  PendingChanges pending_;
  SessionBook sessions_;
  std::optional<MembershipView> membership_;
  SharedQuorumConfig proposed_;  // by a reconfig that the last view may not know of
  PreparedTxn prepared_;         // its memory is used again and again
  std::vector<PrepMail> inbox_;
  std::vector<MembershipView> memberships_inbox_;
  Counter queued_;
  LogLimiter full_log_, reconfig_log_;
};

}  // namespace okapi
