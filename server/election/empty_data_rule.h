// Whether a server that found nothing on its disk may vote (safety spec 4.3, row "everything"). It
// may be new, or its disk was wiped: then its vote could bring a stale server to power, and what
// was acknowledged would be gone. It votes while nobody shows a history, or once every other voter
// was heard, for then the longest history of all wins. Part of FastLeaderElection.
#pragma once

#include <set>

#include "server/election/election_configs.h"
#include "server/election/notification.h"

namespace okapi {

class EmptyDataRule {
 public:
  void clear() {
    heard_.clear();
    history_ = false;
  }
  // A voter spoke in this election. One that does not trust its own disk tells nothing.
  void heard(ServerId from, const Notification& message) {
    if (message.state == PeerState::kLooking && message.vote.zxid == kSuspectZxid) return;
    heard_.insert(from);
    if (message.vote.zxid > Zxid(0) || message.vote.peer_epoch > Epoch(0)) history_ = true;
  }
  bool must_withhold(const ElectionConfigs& configs, ServerId self) const {
    if (!history_) return false;
    for (ServerId sid : configs.voters()) {
      if (sid != self && !heard_.contains(sid)) return true;
    }
    return false;
  }

 private:
  std::set<ServerId> heard_;
  bool history_ = false;
};

}  // namespace okapi
