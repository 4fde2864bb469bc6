// What Prep has to know of the ensemble to judge a reconfig (client-protocol spec 3.17). QuorumPeer
// mails a new one whenever something in it changes. Plain value.
#pragma once

#include <set>

#include "server/config/quorum_config.h"

namespace okapi {

struct MembershipView {
  SharedQuorumConfig current;    // committed
  SharedQuorumConfig last_seen;  // proposed after it, or null
  // The leader, and the followers that are connected and keep up, whether they vote or not.
  std::set<ServerId> synced;

  const SharedQuorumConfig& newest() const { return last_seen == nullptr ? current : last_seen; }
};

}  // namespace okapi
