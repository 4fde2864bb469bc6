#include "server/peer/standalone_role.h"

namespace okapi {

StandaloneRole::StandaloneRole(const PeerSite& site, Bell& bell, RoleMetrics& metrics)
    : RoleTerm(site, bell), metrics_(metrics) {
  QuorumServer self{.sid = site.self(), .addresses = {PeerAddress{}}, .client = std::nullopt};
  auto alone = std::make_shared<const QuorumConfig>(std::vector{std::move(self)}, 0);
  Zxid last = site.store.last_zxid();
  ledger_ = std::make_unique<ProposalLedger>(std::move(alone), last);
  // For learners only, of whom there are none.
  site.database.committed_log().clear();
  term_.begin(Role::kStandalone, last);
}

void StandaloneRole::step(Turn&) {
  PipelineEnds& ends = term_.ends;
  // Acks first: what they cover was proposed in an earlier step.
  logged_inbox_.clear();
  if (ends.logged.drain(logged_inbox_)) {
    ledger_->ack(site_.self(), logged_inbox_.back().zxid);
  }
  inbox_.clear();
  if (ends.proposals.drain(inbox_)) {
    for (Prepared& item : inbox_) {
      // There are no learners, and so none of their syncs.
      auto& txn = std::get<EncodedTxn>(item);
      metrics_.note_proposal(txn.bytes.size());
      ends.to_sync.add(txn);
      ledger_->propose(std::move(txn));
    }
  }
  committed_.clear();
  ledger_->take_committed(committed_);
  for (EncodedTxn& txn : committed_) ends.to_commit.add(std::move(txn));
  ends.flush();
}

}  // namespace okapi
