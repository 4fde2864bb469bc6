// The leader's book of proposals: what is outstanding, which voter has synced how far, what a
// quorum therefore commits (Zab's broadcast phase; a standalone server is its own quorum). A part
// of QuorumPeer: one thread, O(1) per message, no disk.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "server/txn/encoded_txn.h"

namespace okapi {

class ProposalLedger {
 public:
  // `voters`: whose acks count. `last_committed`: where the history ends that all of them share.
  ProposalLedger(const std::vector<ServerId>& voters, Zxid last_committed);

  // Takes the next proposal. Its zxid is the successor of the last one, or the first of a new
  // epoch.
  void propose(EncodedTxn txn);

  // `voter` has everything up to `zxid` on disk. Unknown voters are not counted; an ack of what was
  // never proposed is an error of the caller (the link to a peer checks before).
  void ack(ServerId voter, Zxid zxid);

  // Moves what has become committed, in zxid order, to the end of `out`.
  void take_committed(std::vector<EncodedTxn>& out);

  Zxid last_proposed() const { return last_proposed_; }
  Zxid last_committed() const { return last_committed_; }
  size_t outstanding() const { return outstanding_.size(); }

 private:
  Zxid quorum_point() const;

  std::map<ServerId, Zxid> acked_;  // by voter: synced up to here
  std::deque<EncodedTxn> outstanding_;
  Zxid last_proposed_, last_committed_;
};

}  // namespace okapi
