// An observer master as LearningRole hosts it while it serves as a follower: an ObserverMaster and
// the port that observers come to (observerMasterPort). Turns mail of the observers into its
// inputs, its effects into orders for their links and into inputs of the Learner.
#pragma once

#include "server/peer/learner_port.h"
#include "server/peer/role_metrics.h"
#include "server/zab/learner.h"
#include "server/zab/observer_master.h"

namespace okapi {

class ObserverPort {
 public:
  // `own`: this server, as the membership in use has it. `learner` serves; its effects come at the
  // end of `out`. Both outlive it. `term` as for LearnerAcceptor.
  ObserverPort(const PeerSite& site, Bell& bell, RoleMetrics& metrics, const QuorumServer& own,
               Learner& learner, LearnerEffects& out, uint32_t term);

  // What the observers sent.
  void step(Turn& turn);
  void flush() { port_.flush(); }
  void retire() { port_.retire(); }

  // Effects of the learner that concern observers, in its order.
  void committed(const CommitTxn& commit);
  void activated(const SharedQuorumConfig& config) { master_.activated(config); }
  void relay(const RelaySync& effect);
  void relay(const RelaySession& effect);

 private:
  void take(LinkUp& mail);
  void take(PacketsIn& mail);
  void take(LinkDown& mail);
  void take(LogSent& mail);
  void take(LogUnusable& mail);
  void take(SnapshotSent& mail);

  void run();
  void carry_out(SendTo& effect);
  void carry_out(CloseLink& effect);
  void carry_out(StreamLog& effect);
  void carry_out(StreamSnapshot& effect);
  void carry_out(ForwardToPrep& effect);
  void carry_out(AskSession& effect);
  void carry_out(TouchSessions& effect);

  const PeerSite& site_;
  RoleMetrics& metrics_;
  Learner& learner_;
  LearnerEffects& out_;
  MonoTime now_, next_tick_;
  ObserverMaster master_;
  LearnerPort port_;
  ObserverMasterEffects effects_;
  std::vector<LearnerMail> inbox_;
};

}  // namespace okapi
