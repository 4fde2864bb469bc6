#include "server/peer/quorum_peer.h"

namespace okapi {

QuorumPeer::QuorumPeer(ServerId self, std::function<Zxid()> begin_role)
    : self_(self), begin_role_(std::move(begin_role)) {}

void QuorumPeer::step(Turn&) {
  if (ledger_ == nullptr) {
    Zxid last = begin_role_();
    QuorumServer self{.sid = self_, .addresses = {PeerAddress{}}, .client = std::nullopt};
    auto alone = std::make_shared<const QuorumConfig>(std::vector{std::move(self)}, 0);
    ledger_ = std::make_unique<ProposalLedger>(std::move(alone), last);
  }
  // Acks first: what they cover was proposed in an earlier step.
  logged_inbox_.clear();
  if (logged.drain(logged_inbox_)) ledger_->ack(self_, logged_inbox_.back().zxid);
  inbox_.clear();
  if (proposals.drain(inbox_)) {
    proposed_.add(static_cast<int64_t>(inbox_.size()));
    for (Prepared& item : inbox_) {
      // There are no learners, and so none of their syncs.
      auto& txn = std::get<EncodedTxn>(item);
      to_sync.add(txn);
      ledger_->propose(std::move(txn));
    }
  }
  committed_.clear();
  ledger_->take_committed(committed_);
  for (EncodedTxn& txn : committed_) to_commit.add(std::move(txn));
  outstanding_.add(static_cast<int64_t>(ledger_->outstanding().size()) - outstanding_.get());
  to_sync.flush();
  to_commit.flush();
}

}  // namespace okapi
