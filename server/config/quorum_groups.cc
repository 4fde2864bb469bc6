#include "server/config/quorum_groups.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/config/java_hash_order.h"

namespace okapi {
namespace {

Error invalid(std::string text) { return Error{ErrorKind::kInvalid, std::move(text)}; }

std::string shown(ServerId sid) { return std::to_string(sid.value()); }

template <class Key, class Value>
std::vector<int64_t> keys_of(const std::map<Key, Value>& map) {
  std::vector<int64_t> keys;
  for (const auto& [key, value] : map) {
    if constexpr (std::is_same_v<Key, ServerId>) {
      keys.push_back(key.value());
    } else {
      keys.push_back(key);
    }
  }
  return keys;
}

}  // namespace

Result<QuorumGroups> QuorumGroups::make(std::map<ServerId, GroupId> group_of,
                                        std::map<ServerId, int64_t> weights,
                                        const std::set<ServerId>& voters) {
  for (const auto& [sid, weight] : weights) {
    if (weight < 0 || weight > kWeightMax) {
      return invalid("weight of server " + shown(sid) + " is not within 0 and " +
                     std::to_string(kWeightMax));
    }
  }
  for (ServerId sid : voters) {
    // Compat: the reference's texts lack the blank before "is".
    if (!group_of.contains(sid)) return invalid("Server " + shown(sid) + "is not in a group");
    weights.emplace(sid, 1);
  }
  QuorumGroups out;
  for (const auto& [sid, group] : group_of) {
    auto weight = weights.find(sid);
    // The reference ends with a null pointer here.
    if (weight == weights.end()) {
      return Error{ErrorKind::kCorrupt,
                   "Server " + shown(sid) + " is in a group, but neither votes nor has a weight"};
    }
    out.group_weights_[group] += weight->second;
  }
  out.group_of_ = std::move(group_of);
  out.weights_ = std::move(weights);
  return out;
}

bool QuorumGroups::contains_quorum(const std::set<ServerId>& acks) const {
  std::map<GroupId, int64_t> acked;
  for (ServerId sid : acks) {
    auto group = group_of_.find(sid);
    if (group != group_of_.end()) acked[group->second] += weight(sid);
  }
  auto counting = std::count_if(group_weights_.begin(), group_weights_.end(),
                                [](const auto& group) { return group.second != 0; });
  auto reached = std::count_if(acked.begin(), acked.end(), [this](const auto& group) {
    return group.second > group_weights_.at(group.first) / 2;
  });
  return reached > counting / 2;
}

int64_t QuorumGroups::weight(ServerId sid) const {
  auto found = weights_.find(sid);
  return found == weights_.end() ? 0 : found->second;
}

std::string QuorumGroups::text() const {
  std::map<GroupId, std::string> lists;
  for (int64_t sid : java_hash_order(keys_of(group_of_))) {
    std::string& list = lists[group_of_.at(ServerId(sid))];
    list += (list.empty() ? "" : ":") + std::to_string(sid);
  }
  std::string out;
  for (int64_t group : java_hash_order(keys_of(lists))) {
    out += "group." + std::to_string(group) + "=" + lists.at(group) + "\n";
  }
  for (int64_t sid : java_hash_order(keys_of(weights_))) {
    out += "weight." + std::to_string(sid) + "=" + std::to_string(weight(ServerId(sid))) + "\n";
  }
  return out;
}

}  // namespace okapi
