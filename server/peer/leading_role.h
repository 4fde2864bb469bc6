// The leading role as QuorumPeer hosts it: a Leader, the quorum port, and, once a quorum is there,
// the pipeline. Turns mail into the Leader's inputs and its effects into mail and files.
#pragma once

#include <set>

#include "server/peer/config_keeper.h"
#include "server/peer/learner_port.h"
#include "server/peer/role.h"
#include "server/zab/leader.h"

namespace okapi {

struct LeadingOptions {
  uint32_t term = 0;                   // of this process: never the same twice
  std::set<ServerId> supporters = {};  // whose votes decided
};

class LeadingRole final : public RoleTerm {
 public:
  LeadingRole(const PeerSite& site, Bell& bell, ConfigKeeper& configs, RoleMetrics& metrics,
              const LeadingOptions& options);
  ~LeadingRole() override { retire_port(); }
  void step(Turn& turn) override;
  Zxid last_committed() const override { return leader_->last_committed(); }
  Epoch epoch() const { return leader_->epoch(); }

  // A voter looks for a leader: is it one that made this server leader?
  void voter_looks(ServerId sid, MonoTime now);

 protected:
  void retire_port() final;

 private:
  LeaderOptions leader_options() const;
  void take_logged();
  void take_prepared();
  void take_learners();
  void take(LinkUp& mail);
  void take(PacketsIn& mail);
  void take(LinkDown& mail);
  void take(LogSent& mail);
  void take(LogUnusable& mail);
  void take(SnapshotSent& mail);
  void propose(EncodedTxn txn);
  void sync(const OrderedSync& sync);
  MembershipView membership() const;
  void tell_membership(bool look);
  void over(std::string why);

  void run();
  void carry_out(PersistAcceptedEpoch& effect);
  void carry_out(PersistCurrentEpoch& effect);
  void carry_out(StoreNextConfig& effect);
  void carry_out(ActivateConfig& effect);
  void carry_out(StartServing& effect);
  void carry_out(LogTxn& effect);
  void carry_out(CommitTxn& effect);
  void carry_out(SyncDone& effect);
  void carry_out(SendTo& effect);
  void carry_out(CloseLink& effect);
  void carry_out(StreamLog& effect);
  void carry_out(StreamSnapshot& effect);
  void carry_out(ForwardToPrep& effect);
  void carry_out(AskSession& effect);
  void carry_out(TouchSessions& effect);
  void carry_out(StepDown& effect);

  ConfigKeeper& configs_;
  RoleMetrics& metrics_;
  const LeadingOptions options_;
  MonoTime now_, began_, next_tick_;
  std::optional<Leader> leader_;
  bool begun_ = false;
  std::optional<ServerId> designated_;  // who leads on, by a committed reconfig
  std::set<ServerId> told_synced_;      // to Prep
  std::optional<LearnerPort> learners_;
  LeaderEffects effects_;
  std::vector<Logged> logged_inbox_;
  std::vector<Prepared> prepared_inbox_;
  std::vector<SessionVerdict> verdicts_inbox_;
  std::vector<LearnerMail> learners_inbox_;
};

}  // namespace okapi
