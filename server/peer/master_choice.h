// Which follower an observer goes to when observerMasterPort is set: one voter after the other, in
// an order of dice, a new one with each round (peer-protocol spec 12). A part of QuorumPeer.
#pragma once

#include <optional>
#include <vector>

#include "common/base/random.h"
#include "server/config/quorum_config.h"

namespace okapi {

class MasterChoice {
 public:
  explicit MasterChoice(uint64_t seed) : rng_(seed) {}

  // The next one. Never the leader, which has no port for observers only: nothing if it is the only
  // voter.
  std::optional<ServerId> next(const QuorumConfig& config, ServerId leader);

 private:
  Rng rng_;
  std::vector<ServerId> round_;  // still to come, the last one first
};

}  // namespace okapi
