// A server alone: a ledger whose quorum is itself. It takes every proposal, and commits what Sync
// has on disk.
#pragma once

#include <memory>
#include <vector>

#include "server/peer/role.h"
#include "server/zab/proposal_ledger.h"

namespace okapi {

class StandaloneRole final : public RoleTerm {
 public:
  // The replica is loaded.
  StandaloneRole(const PeerSite& site, Bell& bell, RoleMetrics& metrics);
  void step(Turn& turn) override;
  Zxid last_committed() const override { return ledger_->last_committed(); }

 private:
  RoleMetrics& metrics_;
  std::unique_ptr<ProposalLedger> ledger_;
  std::vector<Prepared> inbox_;
  std::vector<Logged> logged_inbox_;
  std::vector<EncodedTxn> committed_;
};

}  // namespace okapi
