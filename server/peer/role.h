// One time of doing something for clients: standalone, leading, following or observing. Owned by
// QuorumPeer, which steps it and, when it is over, takes it down in this order: end(), let_go()
// until true, stop(), and in a later step its end, as mail to it may be under way until then.
#pragma once

#include <optional>
#include <string>

#include "server/peer/role_metrics.h"
#include "server/peer/serving_term.h"

namespace okapi {

// How a role ended.
struct RoleEnd {
  std::string why;
  bool reload = false;  // memory is not what the disk says
  bool wipe = false;    // the history is of no use
  // A reconfig named who leads on: everybody goes there without an election.
  std::optional<ServerId> designated = {};
};

class RoleTerm {
 public:
  RoleTerm(const PeerSite& site, Bell& bell) : site_(site), term_(site, bell) {}
  virtual ~RoleTerm() = default;
  RoleTerm(const RoleTerm&) = delete;
  RoleTerm& operator=(const RoleTerm&) = delete;

  // Drains the mail that is for it.
  virtual void step(Turn& turn) = 0;
  // The election connection with a member has ended.
  virtual void member_gone(ServerId) {}
  // What is known to be committed when it ended; 0 if nothing is.
  virtual Zxid last_committed() const { return Zxid(); }
  // Whether its steps are short and wait for nothing, so that any thread may take the turn.
  bool is_light() const { return term_.begun() && !end_.has_value(); }
  const std::optional<RoleEnd>& over() const { return end_; }
  bool served() const { return term_.begun(); }
  // While it serves: a snapshot of everything up to `synced`, which the log holds.
  void take_snapshot(Zxid synced) { term_.pipeline().take_snapshot(synced); }

  // The grace is for what clients have asked already, while step() goes on.
  void end(MonoTime until) { term_.end(until); }
  bool let_go() { return term_.let_go(); }
  // In a turn at QuorumPeer's home, or when that has retired.
  void stop() {
    retire_port();
    term_.stop();
  }
  void stop_at_once() {
    retire_port();
    term_.stop_at_once();
  }

 protected:
  // The stages that talk to the peers.
  virtual void retire_port() {}
  void finish(RoleEnd end) {
    if (!end_.has_value()) end_ = std::move(end);
  }

  const PeerSite& site_;
  ServingTerm term_;

 private:
  std::optional<RoleEnd> end_;
};

}  // namespace okapi
