// The votes heard so far, the last of each server, and whether those that agree are a quorum. Part
// of FastLeaderElection.
#pragma once

#include <map>
#include <set>

#include "server/election/election_configs.h"
#include "server/election/vote.h"

namespace okapi {

class VoteTally {
 public:
  void put(ServerId from, const CastVote& vote) { votes_[from] = vote; }
  void clear() { votes_.clear(); }
  bool has(ServerId from) const { return votes_.contains(from); }

  // Whether those who agree with `wanted` are a quorum of the current configuration, and of the
  // last seen one if it is newer.
  bool has_quorum(const ElectionConfigs& configs, const CastVote& wanted) const {
    QuorumTracker tracker(configs.current, configs.last_seen);
    for (ServerId sid : supporters(wanted)) tracker.add(sid);
    return tracker.has_all_quorums();
  }
  std::set<ServerId> supporters(const CastVote& wanted) const {
    std::set<ServerId> out;
    for (const auto& [sid, vote] : votes_) {
      if (agree(vote, wanted)) out.insert(sid);
    }
    return out;
  }
  // Whether `sid` itself was heard to lead.
  bool leads(ServerId sid) const {
    auto found = votes_.find(sid);
    return found != votes_.end() && found->second.state == PeerState::kLeading;
  }

 private:
  std::map<ServerId, CastVote> votes_;
};

}  // namespace okapi
