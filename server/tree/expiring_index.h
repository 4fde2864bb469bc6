// One shard's containers and TTL nodes, and the rule that says which of them the reaper may take
// (client-protocol spec 3.8). Guarded by the shard's lock, as the nodes are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/tree/znode.h"

namespace okapi {

struct ReaperRule {
  int64_t now_ms = 0;  // wall clock
  // A container that never had a child goes after this time without a change; 0: never.
  int64_t max_never_used_ms = 0;
};

// Where a reaper's round stands; a new one begins at the start.
struct ReaperPosition {
  uint32_t shard = 0;
  uint32_t index = 0;
  bool done = false;
};

// Whether the time of a node without children has come.
bool may_be_reaped(const StatPersisted& stat, const TreeOptions& options, const ReaperRule& rule);

class ExpiringIndex {
 public:
  void add(Znode* node);
  void remove(Znode* node);
  const std::vector<Znode*>& all() const { return nodes_; }
  void clear() { nodes_.clear(); }

 private:
  std::vector<Znode*> nodes_;
};

}  // namespace okapi
