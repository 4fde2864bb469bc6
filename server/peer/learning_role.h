// The following and the observing role as QuorumPeer hosts it: a Learner, the link to its leader,
// and, once it is synchronised, the pipeline. Turns mail into the Learner's inputs and its effects
// into mail and files.
#pragma once

#include "server/peer/config_keeper.h"
#include "server/peer/leader_link.h"
#include "server/peer/observer_port.h"
#include "server/peer/role.h"
#include "server/zab/learner.h"

namespace okapi {

struct LearningOptions {
  ServerId leader;
  bool observer = false;
  Zxid committed;                       // LearnerOptions::committed
  uint32_t term = 0;                    // of this process: never the same twice
  std::optional<ServerId> master = {};  // LearnerOptions::master
};

class LearningRole final : public RoleTerm {
 public:
  LearningRole(const PeerSite& site, Bell& bell, ConfigKeeper& configs, RoleMetrics& metrics,
               const LearningOptions& options);
  ~LearningRole() override { retire_port(); }
  void step(Turn& turn) override;
  void member_gone(ServerId sid) override;
  Zxid last_committed() const override;
  Epoch epoch() const { return learner_->epoch(); }

 protected:
  void retire_port() final;

 private:
  LearnerOptions learner_options() const;
  LeaderLinkOptions link_options(const QuorumServer& other) const;
  void open_observer_port();
  void take_pipeline();
  void take_leader();
  void take(LeaderUp& mail);
  void take(LeaderPackets& mail);
  void take(SnapshotBytes& mail);
  void take(LeaderDown& mail);
  void give_up(std::string why, bool wipe = false, std::optional<ServerId> designated = {});

  void run(LearnerEffects& effects);
  void carry_out(PersistAcceptedEpoch& effect);
  void carry_out(PersistCurrentEpoch& effect);
  void carry_out(StoreNextConfig& effect);
  void carry_out(ActivateConfig& effect);
  void carry_out(StartServing& effect);
  void carry_out(LogTxn& effect);
  void carry_out(CommitTxn& effect);
  void carry_out(SendToLeader& effect);
  void carry_out(TruncateLog& effect);
  void carry_out(LoadSnapshot& effect);
  void carry_out(ApplyTxn& effect);
  void carry_out(AppendTxn& effect);
  void carry_out(SyncLog& effect);
  void carry_out(WriteSnapshot& effect);
  void carry_out(VoidNextConfig& effect);
  void carry_out(SessionAnswer& effect);
  void carry_out(SyncDone& effect);
  void carry_out(RelaySession& effect);
  void carry_out(RelaySync& effect);
  void carry_out(GiveUp& effect);
  void carry_out(EndProcess& effect);

  Bell& bell_;
  ConfigKeeper& configs_;
  RoleMetrics& metrics_;
  const LearningOptions options_;
  MonoTime now_;
  Mailbox<LeaderLinkMail> from_leader_;
  std::unique_ptr<LeaderLink> link_;
  Sink<LeaderLinkOrder> to_leader_;
  std::optional<Learner> learner_;
  // Memory holds what the disk does not, until a snapshot of it is written.
  bool ahead_of_disk_ = false;
  LearnerEffects effects_;
  std::optional<ObserverPort> observers_;  // of a follower with observerMasterPort, while it serves
  std::vector<Logged> logged_inbox_;
  std::vector<PrepMail> requests_inbox_;
  std::vector<Revalidation> questions_inbox_;
  std::vector<SessionTouch> touched_inbox_;
  std::vector<LeaderLinkMail> leader_inbox_;
};

}  // namespace okapi
