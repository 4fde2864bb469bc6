// The stage that owns the server's role: it recovers the database, builds the role's pipeline, and
// while the role serves keeps the ledger of proposals. It does not touch the disk while
// broadcasting and each message costs O(1), so any thread may take its turn then.
#pragma once

#include <functional>
#include <memory>

#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/request/prep_mail.h"
#include "server/request/sync_request_processor.h"
#include "server/zab/proposal_ledger.h"

namespace okapi {

class QuorumPeer final : public Stage {
 public:
  // `begin_role` runs in the first step, on the home thread, where the disk may be waited for: it
  // recovers, builds the pipeline and gives the last zxid of the history.
  QuorumPeer(ServerId self, std::function<Zxid()> begin_role);

  Mailbox<Prepared> proposals;  // from Prep
  Mailbox<Logged> logged;       // from Sync
  Sink<EncodedTxn> to_sync, to_commit;

  void step(Turn& turn) override;
  // Any thread: proposals that are not committed.
  int64_t outstanding() const { return outstanding_.get(); }
  const Counter& proposed() const { return proposed_; }

 private:
  ServerId self_;
  std::function<Zxid()> begin_role_;
  std::unique_ptr<ProposalLedger> ledger_;
  std::vector<Prepared> inbox_;
  std::vector<Logged> logged_inbox_;
  std::vector<EncodedTxn> committed_;
  Counter outstanding_, proposed_;
};

}  // namespace okapi
