// Hierarchical quorums: servers in groups, each with a weight (peer-protocol spec 11.2). Immutable
// after make(), any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/base/ids.h"
#include "common/base/result.h"

namespace okapi {

class QuorumGroups {
 public:
  using GroupId = int64_t;
  // Bound of one weight, so that sums stay within 64 bits. The reference has none.
  static constexpr int64_t kWeightMax = 0x7FFF'FFFF;

  // Completes missing weights of `voters` with 1. Every voter must be in a group; whoever else is
  // in one must have a weight, which is kCorrupt otherwise; all else is kInvalid.
  static Result<QuorumGroups> make(std::map<ServerId, GroupId> group_of,
                                   std::map<ServerId, int64_t> weights,
                                   const std::set<ServerId>& voters);

  // More than half of the weight in more than half of the groups; groups of weight 0 do not count.
  bool contains_quorum(const std::set<ServerId>& acks) const;
  // 0 for a server without one.
  int64_t weight(ServerId sid) const;
  // The lines "group.G=..." and "weight.N=...", each ended, in the reference's order.
  std::string text() const;

  friend bool operator==(const QuorumGroups&, const QuorumGroups&) = default;

 private:
  std::map<ServerId, GroupId> group_of_;
  std::map<ServerId, int64_t> weights_;
  std::map<GroupId, int64_t> group_weights_;
};

}  // namespace okapi
