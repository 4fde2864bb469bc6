// Whether a server that found nothing on its disk may vote (safety spec 4.3, row "everything"). It
// may be new, or its disk was wiped: then its vote could bring a stale server to power, and what
// was acknowledged would be gone. It votes while nobody shows a history, or once every other voter
// was heard, for then the longest history of all wins: it votes for that one from then on, in later
// rounds too, for who told of it may be gone by then. Part of FastLeaderElection.
#pragma once

#include <optional>
#include <set>

#include "server/election/election_configs.h"
#include "server/election/notification.h"

namespace okapi {

class EmptyDataRule {
 public:
  void clear() {
    heard_.clear();
    best_.reset();
    history_ = transactions_ = false;
    mute_.clear();
  }
  // A voter spoke in this election. One that does not trust its own disk tells nothing; one that
  // leads or follows does not tell how long its own history is by now.
  void heard(ServerId from, const Notification& message) {
    bool looks = message.state == PeerState::kLooking;
    if (looks && message.vote.zxid == kSuspectZxid) {
      mute_.insert(from);
      return;
    }
    mute_.erase(from);
    if (looks) {
      heard_.insert(from);
    } else {
      heard_.erase(from);
    }
    if (looks && (!best_.has_value() || is_better(message.vote, *best_))) best_ = message.vote;
    if (message.vote.zxid > Zxid(0) || message.vote.peer_epoch > Epoch(0)) history_ = true;
    if (message.vote.zxid > Zxid(0)) transactions_ = true;
  }
  bool must_withhold(const ElectionConfigs& configs, ServerId self) const {
    if (!history_) return false;
    for (ServerId sid : configs.voters()) {
      if (sid == self || heard_.contains(sid)) continue;
      // An ensemble whose first leader died at once knows of an epoch, but of no transaction: its
      // empty members, all there, would wait for one another for ever.
      if (transactions_ || !mute_.contains(sid)) return true;
    }
    return false;
  }
  // The longest history that any voter told of; null if none has any.
  const Vote* best() const { return history_ && best_.has_value() ? &*best_ : nullptr; }

 private:
  std::set<ServerId> heard_;
  std::set<ServerId> mute_;  // spoke, but keep their votes back
  std::optional<Vote> best_;
  bool history_ = false, transactions_ = false;
};

}  // namespace okapi
