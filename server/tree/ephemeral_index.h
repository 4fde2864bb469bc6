// One shard's ephemeral nodes by the session that owns them. Sessions are hashed onto shards like
// paths; the lists are guarded by the session's shard. A node knows its place in the list
// (`owner_slot`), so removing one of many is cheap.
#pragma once

#include <map>
#include <vector>

#include "server/tree/znode.h"

namespace okapi {

class EphemeralIndex {
 public:
  void add(SessionId session, Znode* node);
  void remove(SessionId session, Znode* node);
  // The session's nodes; null if it has none.
  const std::vector<Znode*>* of(SessionId session) const;
  const std::map<SessionId, std::vector<Znode*>>& all() const { return nodes_; }
  void clear() { nodes_.clear(); }

 private:
  std::map<SessionId, std::vector<Znode*>> nodes_;
};

}  // namespace okapi
