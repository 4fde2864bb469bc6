// A role's time of serving: builds its pipeline, tells those who use it, and takes it down when
// they have let go, so that the replica is at rest again. A part of QuorumPeer; its home thread.
#pragma once

#include <memory>

#include "server/peer/peer_site.h"

namespace okapi {

// What not every role has.
struct TermParticulars {
  const ProposalSizes* proposals = nullptr;       // of a leader
  std::optional<MembershipView> membership = {};  // of a leader
  std::optional<ServerId> observer_master = {};   // AdminTermBegins::observer_master
};

class ServingTerm {
 public:
  ServingTerm(const PeerSite& site, Bell& bell);

  // Once at most. The replica's tokens go into the pipeline, unless it is read-only: then the
  // replica stays at rest. `last`: the newest zxid of the history, behind which Prep goes on.
  void begin(Role role, Zxid last, TermParticulars particulars = {});
  bool begun() const { return begun_; }
  // Without another word nothing is read from clients past that; before begin() too.
  void serve_until(MonoTime until) { ends.serving_until.store(until, std::memory_order_relaxed); }
  // What is committed is answered. Then nothing more is read from clients, and what else they asked
  // is answered until then at the latest. let_go() tells when nobody uses the pipeline any more.
  void end(MonoTime until);
  bool let_go();
  // After that: the tokens are back in the store. Mail may still come into `ends` until the step
  // after this one.
  void stop();
  bool stopped() const { return begun_ && pipeline_ == nullptr; }
  // The node goes down, and everybody who used the pipeline has retired.
  void stop_at_once();

  PipelineEnds ends;
  // While it serves.
  RolePipeline& pipeline() { return *pipeline_; }

 private:
  void turn_away();

  const PeerSite& site_;
  // Who is told of it: nobody if it is not for clients (leaderServes=no).
  std::vector<WorkerDoor> doors_;
  bool for_clients_ = true;
  Mailbox<TermEnded> confirmed_;
  bool begun_ = false;
  MonoTime until_;  // of end()
  bool turning_away_ = false;
  size_t missing_ = 0;  // confirmations
  std::unique_ptr<RolePipeline> pipeline_;
  std::vector<TermEnded> inbox_;
};

}  // namespace okapi
