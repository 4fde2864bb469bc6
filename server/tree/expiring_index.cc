#include "server/tree/expiring_index.h"

#include "common/base/assert.h"

namespace okapi {

bool may_be_reaped(const StatPersisted& stat, const TreeOptions& options, const ReaperRule& rule) {
  int64_t unchanged_ms = rule.now_ms - stat.mtime;
  switch (node_kind(stat.ephemeral_owner, options)) {
    case NodeKind::kContainer:
      return stat.cversion > 0 ||
             (rule.max_never_used_ms != 0 && unchanged_ms > rule.max_never_used_ms);
    case NodeKind::kTtl:
      return unchanged_ms > ttl_of_owner(stat.ephemeral_owner);
    case NodeKind::kPersistent:
    case NodeKind::kEphemeral:
      break;
  }
  return false;
}

void ExpiringIndex::add(Znode* node) {
  node->owner_slot = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back(node);
}

void ExpiringIndex::remove(Znode* node) {
  OKAPI_ASSERT(node->owner_slot < nodes_.size() && nodes_[node->owner_slot] == node);
  nodes_[node->owner_slot] = nodes_.back();
  nodes_[node->owner_slot]->owner_slot = node->owner_slot;
  nodes_.pop_back();
}

}  // namespace okapi
