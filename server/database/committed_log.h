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

  // A committed proposal. One that is not behind the last is known already and left out. What is
  // added follows the last: its successor, or one of a later epoch. A hole would be sent to
  // learners as if nothing were missing (ZOOKEEPER-4925), so it is an error of the caller.
  void add(const EncodedTxn& txn);
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }
  // First and last zxid; not of an empty log.
  Zxid min() const { return entries_.front().zxid; }
  Zxid max() const { return entries_.back().zxid; }
  const std::deque<EncodedTxn>& entries() const { return entries_; }
  // Index of the first entry above `zxid`; size() if there is none. O(log n).
  size_t index_above(Zxid zxid) const;

 private:
  size_t count_;
  std::deque<EncodedTxn> entries_;
};

}  // namespace okapi
