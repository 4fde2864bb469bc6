#include "server/config/quorum_tracker.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

QuorumTracker::QuorumTracker(SharedQuorumConfig config) { add_config(std::move(config)); }

QuorumTracker::QuorumTracker(SharedQuorumConfig current, const SharedQuorumConfig& last_seen) {
  const bool two = last_seen != nullptr && last_seen->version() > current->version();
  add_config(std::move(current));
  if (two) add_config(last_seen);
}

void QuorumTracker::add_config(SharedQuorumConfig config) {
  OKAPI_ASSERT(config != nullptr);
  counts_.push_back({std::move(config), {}});
}

bool QuorumTracker::add(ServerId sid) {
  bool counted = false;
  for (Count& count : counts_) {
    if (!count.config->is_voter(sid)) continue;
    count.acks.insert(sid);
    counted = true;
  }
  return counted;
}

bool QuorumTracker::votes_in_all(ServerId sid) const {
  return std::all_of(counts_.begin(), counts_.end(),
                     [sid](const Count& count) { return count.config->is_voter(sid); });
}

bool QuorumTracker::has_all_quorums() const {
  return std::all_of(counts_.begin(), counts_.end(),
                     [](const Count& count) { return count.config->contains_quorum(count.acks); });
}

}  // namespace okapi
