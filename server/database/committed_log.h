// The most recent committed proposals, for learners that are a little behind. Contiguous; fed at
// commit, so its last entry is never older than what is applied (INV-C7). The applier's thread, or
// QuorumPeer between roles.
#pragma once

#include <deque>

#include "server/txn/encoded_txn.h"

namespace okapi {

class CommittedLog {
 public:
  // `count`: how many are kept (commitLogCount).
  explicit CommittedLog(size_t count) : count_(count) {}

  void add(const EncodedTxn& txn);
  void clear() { entries_.clear(); }
  const std::deque<EncodedTxn>& entries() const { return entries_; }

 private:
  size_t count_;
  std::deque<EncodedTxn> entries_;
};

}  // namespace okapi
