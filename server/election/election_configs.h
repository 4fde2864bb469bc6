// The memberships that an election counts against. Plain values, any thread.
#pragma once

#include <set>

#include "server/config/quorum_config.h"
#include "server/config/quorum_tracker.h"

namespace okapi {

struct ElectionConfigs {
  SharedQuorumConfig current;    // committed; never null
  SharedQuorumConfig last_seen;  // last proposed one; may be null

  // A "valid voter" of the reference: in either, whichever is newer.
  bool is_voter(ServerId sid) const {
    return current->is_voter(sid) || (last_seen != nullptr && last_seen->is_voter(sid));
  }
  // A member of either, voter or not.
  bool knows(ServerId sid) const {
    return current->find(sid) != nullptr ||
           (last_seen != nullptr && last_seen->find(sid) != nullptr);
  }
  std::set<ServerId> voters() const {
    std::set<ServerId> out;
    for (ServerId sid : current->voters()) out.insert(sid);
    if (last_seen != nullptr) {
      for (ServerId sid : last_seen->voters()) out.insert(sid);
    }
    return out;
  }
  bool same_members(const ElectionConfigs& other) const {
    return current->same_members(*other.current) && voters() == other.voters();
  }
};

}  // namespace okapi
