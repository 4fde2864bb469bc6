// The leading role: it agrees with a quorum on an epoch, brings its learners to its history, then
// orders proposals and commits what quorums have on disk (peer-protocol spec 4, 5, 6). A part of
// QuorumPeer: one thread, no socket, no clock, no disk. What is to be done comes out as effects, at
// the end of `out`; in broadcast each message costs O(1) per learner. A learner that does what the
// protocol has no row for loses its link; the others go on.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "common/proto/quorum_packet.h"
#include "server/database/committed_log.h"
#include "server/txn/proposal.h"
#include "server/zab/effects.h"
#include "server/zab/epoch_gate.h"
#include "server/zab/learner_links.h"
#include "server/zab/proposal_ledger.h"

namespace okapi {

struct LeaderOptions {
  ServerId self;
  Epoch accepted, current;  // the epoch files
  Zxid last_zxid;           // end of the own log; tree and CommittedLog are there too
  LearnerLimits limits = {};
  bool reconfig_enabled = false;
  bool force_snap = false;  // forceSnapshotSync
  // The log on disk begins here; whoever reads it sees whether it has a hole (StreamLog). Empty if
  // it is not to be used for learners.
  std::optional<Zxid> log_from = {};
  // Learners prove who they are (SASL or TLS): then a newer link of the same sid ends the older.
  bool peers_authenticated = false;
  SyncBounds syncs = {};
  // Syncs of all learners that wait for a commit; past it the link of the next one ends.
  size_t waiting_syncs_max = 100'000;
};

// Of the learners, for operators.
struct LeaderCounts {
  int64_t learners = 0;  // links
  // Served, and heard of within syncLimit.
  int64_t synced_followers = 0, synced_non_voting = 0, synced_observers = 0;
  int64_t pending_syncs = 0;
};

class Leader {
 public:
  // `last_seen`: proposed after `current`, not known to be active; may be null. `committed`: the
  // leader adds to it; the caller keeps it while the leader lives.
  Leader(const LeaderOptions& options, SharedQuorumConfig current, SharedQuorumConfig last_seen,
         CommittedLog& committed, MonoTime now);
  // First of all.
  void begin(MonoTime now, LeaderEffects& out);

  // --- from the learners' links ---
  void connected(LinkId link, MonoTime now, LeaderEffects& out);
  void received(LinkId link, const QuorumPacket& packet, MonoTime now, LeaderEffects& out);
  // It ended by itself. Unknown links are ignored, as the part may have closed it already.
  void disconnected(LinkId link);
  // The handler is through with StreamLog; `walk` as it left it.
  void log_sent(LinkId link, const CommittedWalk& walk, MonoTime now, LeaderEffects& out);
  // It found no usable log (missing, too large, a gap) and has sent nothing: SNAP.
  void log_unusable(LinkId link, MonoTime now, LeaderEffects& out);
  // The tree is sent; `stamp` is the zxid in the SNAP packet.
  void snapshot_sent(LinkId link, Zxid stamp, MonoTime now, LeaderEffects& out);

  // --- from the pipeline ---
  // In order, from last_proposed() on. At the counter's end the leader steps down instead.
  void propose(EncodedTxn txn, MonoTime now, LeaderEffects& out);
  void propose_reconfig(EncodedTxn txn, SharedQuorumConfig next, MonoTime now, LeaderEffects& out);
  // Sync has everything up to `zxid` on disk: the leader's own ack.
  void logged(Zxid zxid, LeaderEffects& out);
  // A sync of this learner, or of an own client, has passed Prep: all that Prep had before it is
  // proposed. It is answered behind the commit of all that.
  void sync(LinkId link, LeaderEffects& out);
  void sync(const SyncDone& own, LeaderEffects& out);
  void revalidated(LinkId link, SessionId session, bool valid, LeaderEffects& out);

  // Every tickTime / 2: pings, late learners, a lost quorum, waits that took too long.
  void tick(MonoTime now, LeaderEffects& out);

  bool serving() const { return serving_ && !over_; }
  // Until then it has a quorum, as far as it heard. Pushed on by the answers to its pings.
  MonoTime serving_until() const { return serving_until_; }
  Epoch epoch() const { return gate_.epoch(); }
  // Certain to be committed: LearnerOptions::committed of the next term. 0 before it serves.
  Zxid last_committed() const { return serving_ ? last_txn() : Zxid(); }
  // Prep begins behind it. Not before an epoch is chosen.
  Zxid last_proposed() const { return ledger_->last_proposed(); }
  const SharedQuorumConfig& config() const { return config_; }
  LeaderCounts counts(MonoTime now) const;
  // This server and the followers, voters or not, that are connected, have its history and were
  // heard of in time (a reconfig asks before it is proposed).
  std::set<ServerId> synced(MonoTime now) const;
  // Whether that or a configuration may have changed since this was asked last, but for followers
  // that fell silent.
  bool take_membership_changed() { return std::exchange(membership_changed_, false); }

 private:
  using Phase = LearnerProgress::Phase;
  struct WaitingSync {
    Zxid behind;  // this commit
    std::variant<LinkId, SyncDone> who;
  };

  // leader.cc: discovery
  std::optional<std::string> take(LinkId id, LearnerProgress& link, const QuorumPacket& packet,
                                  MonoTime now, LeaderEffects& out);
  std::optional<std::string> take_info(LinkId id, LearnerProgress& link, const QuorumPacket& packet,
                                       MonoTime now, LeaderEffects& out);
  std::optional<std::string> take_ack_epoch(LearnerProgress& link, const QuorumPacket& packet,
                                            MonoTime now);
  std::optional<std::string> refuse_double(const LearnerProgress& link, MonoTime now,
                                           LeaderEffects& out);
  void pass_gate(MonoTime now, LeaderEffects& out);
  void establish(MonoTime now, LeaderEffects& out);
  void close(LinkId id, const std::string& why, LeaderEffects& out);
  void step_down(std::string why, LeaderEffects& out);

  // leader_sync.cc
  void begin_sync(LinkId id, LearnerProgress& link, bool force_snap, MonoTime now,
                  LeaderEffects& out);
  void resume_sync(LinkId id, Zxid reached, MonoTime now, LeaderEffects& out);
  void carry_out(LinkId id, LearnerProgress& link, const SyncPlan& plan, MonoTime now,
                 LeaderEffects& out);
  void up_to_date(LinkId id, LearnerProgress& link, MonoTime now, LeaderEffects& out);
  Zxid last_processed() const;
  Zxid last_txn() const;

  // leader_broadcast.cc
  std::optional<std::string> take_broadcast(LinkId id, LearnerProgress& link,
                                            const QuorumPacket& packet, LeaderEffects& out);
  std::optional<std::string> take_ack(LearnerProgress& link, Zxid zxid, LeaderEffects& out);
  void note_contact();
  void forward_proposal(const EncodedTxn& txn, MonoTime now, LeaderEffects& out);
  bool refuses(const EncodedTxn& txn, LeaderEffects& out);
  void commit(LeaderEffects& out);
  void tell_committed(const EncodedTxn& txn, std::optional<ServerId> activated, LeaderEffects& out);
  void activate(const EncodedTxn& txn, LeaderEffects& out);
  void add_sync(WaitingSync sync, LeaderEffects& out);
  void release_syncs(Zxid committed, LeaderEffects& out);
  ServerId designated_leader(const QuorumConfig& next, Zxid needed) const;

  const LeaderOptions options_;
  SharedQuorumConfig config_, last_seen_;
  CommittedLog& committed_;
  EpochGate gate_;
  EpochGate::Phase passed_ = EpochGate::Phase::kEpoch;  // what was told of the gate's phases
  std::optional<ProposalLedger> ledger_;                // from the new epoch on
  LearnerLinks links_;
  std::deque<WaitingSync> syncs_;
  std::vector<EncodedTxn> newly_committed_;  // scratch
  bool serving_ = false;
  MonoTime serving_until_;
  bool allowed_to_commit_ = true;  // false once another leader is designated
  int ticks_handed_over_ = 0;      // since then
  bool membership_changed_ = false;
  bool over_ = false;
};

}  // namespace okapi
