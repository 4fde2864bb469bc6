#include "server/tree/ephemeral_index.h"

#include "common/base/assert.h"

namespace okapi {

void EphemeralIndex::add(SessionId session, Znode* node) {
  std::vector<Znode*>& list = nodes_[session];
  node->owner_slot = static_cast<uint32_t>(list.size());
  list.push_back(node);
}

void EphemeralIndex::remove(SessionId session, Znode* node) {
  auto it = nodes_.find(session);
  OKAPI_ASSERT(it != nodes_.end());
  std::vector<Znode*>& list = it->second;
  OKAPI_ASSERT(node->owner_slot < list.size() && list[node->owner_slot] == node);
  list[node->owner_slot] = list.back();
  list[node->owner_slot]->owner_slot = node->owner_slot;
  list.pop_back();
  if (list.empty()) nodes_.erase(it);
}

const std::vector<Znode*>* EphemeralIndex::of(SessionId session) const {
  auto it = nodes_.find(session);
  return it == nodes_.end() ? nullptr : &it->second;
}

}  // namespace okapi
