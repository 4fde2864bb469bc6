// The running digest of the whole tree (storage spec section 7): a sum over its nodes that follows
// each change. Writer only.
#pragma once

#include "server/tree/znode.h"

namespace okapi {

class TreeDigest {
 public:
  // Call before and after a change of the node's stat or prefix, with whether the node counts.
  void subtract(const Znode& node) { sum_ -= node_digest(node.digest_prefix, node.stored_stat()); }
  void add(const Znode& node) { sum_ += node_digest(node.digest_prefix, node.stored_stat()); }
  uint64_t value() const { return sum_; }
  void reset(uint64_t value = 0) { sum_ = value; }

 private:
  uint64_t sum_ = 0;
};

}  // namespace okapi
