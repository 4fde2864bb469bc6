#include "server/peer/master_choice.h"

#include <algorithm>

namespace okapi {

std::optional<ServerId> MasterChoice::next(const QuorumConfig& config, ServerId leader) {
  std::erase_if(round_, [&](ServerId sid) { return !config.is_voter(sid) || sid == leader; });
  if (round_.empty()) {
    round_ = config.voters();
    std::erase(round_, leader);
    for (size_t left = round_.size(); left > 1; --left) {
      std::swap(round_[left - 1], round_[rng_.below(left)]);
    }
  }
  if (round_.empty()) return std::nullopt;
  ServerId next = round_.back();
  round_.pop_back();
  return next;
}

}  // namespace okapi
