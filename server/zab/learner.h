// The following and the observing role: synchronisation (LearnerSync), then broadcast
// (peer-protocol spec 6): proposals are logged and acked, commits applied in order, requests of
// clients sent to the leader. A part of QuorumPeer: one thread, no socket, no clock, no disk; what
// is to be done comes out as effects, at the end of `out`. On any surprise it gives up: the link is
// closed, the server elects again; the process never ends but where two histories are found (safety
// X-QUO-10).
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "server/database/committed_log.h"
#include "server/zab/learner_sync.h"

namespace okapi {

class Learner {
 public:
  // `committed`: the learner adds what it commits in broadcast; the caller keeps it meanwhile.
  Learner(const LearnerOptions& options, CommittedLog& committed, MonoTime now);
  // First of all: the link is up.
  void begin(MonoTime now, LearnerEffects& out);

  // --- from the link ---
  void received(const QuorumPacket& packet, MonoTime now, LearnerEffects& out);
  // Bytes of a SNAP came: the leader lives.
  void heard(MonoTime now) { heard_ = now; }
  // The answers to TruncateLog (is the place in our log?) and LoadSnapshot.
  void truncated(bool found, LearnerEffects& out);
  void snapshot_loaded(MonoTime now);

  // --- from the pipeline, while serving ---
  // Sync has everything up to `zxid` on disk: acked, one ACK for each (Compat: older leaders count
  // each).
  void logged(Zxid zxid, LearnerEffects& out);
  // A client's write or sync. SYNC comes back in the order of the syncs sent. `observer`: the link
  // that it came by, if this follower is its master.
  void request(const ForwardedRequest& request, const std::vector<Identity>& identities,
               LearnerEffects& out, LinkId observer = {});
  // A client came with a session from elsewhere.
  void revalidate(const Revalidation& question, LearnerEffects& out, LinkId observer = {});
  // Clients were heard of: told with the next PING answer.
  void touched(const std::vector<SessionTouch>& touches);

  // Now and then: the leader's silence.
  void tick(MonoTime now, LearnerEffects& out);

  bool serving() const { return serving_ && !over_; }
  // "leader 3", for messages.
  std::string other_end() const;
  Epoch epoch() const { return sync_.epoch(); }
  // Past it the leader counts as gone.
  MonoTime silent_until() const;
  // Certain to be committed: LearnerOptions::committed of the next term.
  Zxid last_committed() const { return last_committed_; }
  const SharedQuorumConfig& config() const { return config_; }

 private:
  Status take(const QuorumPacket& packet, LearnerEffects& out);
  Status take_proposal(const QuorumPacket& packet, LearnerEffects& out);
  Status take_commit(const QuorumPacket& packet, LearnerEffects& out);
  Status take_inform(const QuorumPacket& packet, LearnerEffects& out);
  Status take_revalidation(const QuorumPacket& packet, LearnerEffects& out);
  Status take_sync(LearnerEffects& out);
  Status log(const EncodedTxn& txn, LearnerEffects& out);
  Status commit_next(std::optional<ServerId> designated, LearnerEffects& out);
  Status is_known(const EncodedTxn& txn) const;
  void serve(LearnerEffects& out);
  void answer_ping(const QuorumPacket& packet, LearnerEffects& out);
  bool leave_silent(MonoTime now, LearnerEffects& out);
  void give_up(const std::string& why, LearnerEffects& out, bool wipe = false);

  const LearnerOptions options_;
  CommittedLog& committed_;
  LearnerSync sync_;
  SharedQuorumConfig config_;
  MonoTime heard_;
  bool serving_ = false, over_ = false;
  std::optional<ServerId> designated_;  // by the reconfig that ends this role
  std::deque<EncodedTxn> pending_;      // proposed, not committed
  std::deque<Zxid> unacked_;            // given to Sync
  Zxid last_queued_, last_committed_;
  struct SentSync {
    SyncDone sync;
    LinkId observer;  // who asked; none: a client here
  };
  std::deque<SentSync> syncs_;  // in order
  // Who asked about a session, in order; none: a client here.
  std::map<SessionId, std::deque<LinkId>> revalidating_;
  std::map<SessionId, int32_t> touches_;
};

}  // namespace okapi
