// The stage between whoever votes or answers and QuorumCnx: encodes each ballot once for all it
// goes to. Home `WorkerSend:<sid>`; anyone may take its turn.
#pragma once

#include <string>
#include <vector>

#include "common/env/mailbox.h"
#include "server/election/election_mail.h"

namespace okapi {

class WorkerSender final : public Stage {
 public:
  Mailbox<Ballot> ballots;     // of QuorumPeer and WorkerReceiver
  Sink<OutgoingFrame> frames;  // to QuorumCnx

  void step(Turn& turn) override;

 private:
  SharedQuorumConfig config_;  // whose text this is
  std::string text_;
  std::vector<Ballot> inbox_;
};

}  // namespace okapi
