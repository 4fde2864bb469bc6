// The stage between QuorumCnx and QuorumPeer: parses what comes and does with it what ReceiverRules
// say, so that others are answered while QuorumPeer is at something long. It decides no vote. Home
// `WorkerRecv:<sid>`; anyone may take its turn.
#pragma once

#include <vector>

#include "common/base/log.h"
#include "common/env/mailbox.h"
#include "server/election/receiver_rules.h"

namespace okapi {

class WorkerReceiver final : public Stage {
 public:
  WorkerReceiver(const Logger& log, ServerId self, const MembershipRules& membership)
      : log_(log), rules_(self, membership) {}

  Mailbox<IncomingFrame> frames;  // of QuorumCnx
  Mailbox<Standing> standings;    // of QuorumPeer; the newest counts
  Sink<ElectionNews> news;        // to QuorumPeer
  Sink<Ballot> answers;           // to WorkerSender

  // Once, before the first post.
  void attach(Bell& bell);
  void step(Turn& turn) override;

 private:
  void receive(const IncomingFrame& frame, MonoTime now);
  void refuse(ServerId from, std::string_view why, MonoTime now);

  const Logger& log_;
  ReceiverRules rules_;
  std::vector<IncomingFrame> frames_inbox_;
  std::vector<Standing> standings_inbox_;
  LogLimiter refused_log_;
};

}  // namespace okapi
