// Who has agreed to one thing (a vote, a proposal, an epoch), counted against one configuration or,
// while a reconfig is under way, against two. Owned by whoever asks; no thread of its own.
#pragma once

#include <set>
#include <vector>

#include "common/base/ids.h"
#include "server/config/quorum_config.h"

namespace okapi {

class QuorumTracker {
 public:
  explicit QuorumTracker(SharedQuorumConfig config);
  // Counts against `last_seen` too if it is there and newer than `current`.
  QuorumTracker(SharedQuorumConfig current, const SharedQuorumConfig& last_seen);

  void add_config(SharedQuorumConfig config);
  // Notes the agreement of `sid`; false if it votes in none of the configurations.
  bool add(ServerId sid);
  // Whether `sid` votes in every configuration.
  bool votes_in_all(ServerId sid) const;
  bool has_all_quorums() const;
  // Who agreed among the voters of the configuration that was added last.
  const std::set<ServerId>& acks_of_last() const { return counts_.back().acks; }

 private:
  struct Count {
    SharedQuorumConfig config;
    std::set<ServerId> acks;
  };
  std::vector<Count> counts_;  // at least one
};

}  // namespace okapi
