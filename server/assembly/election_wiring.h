// The stages of a member's election port, built and connected (architecture section 6).
#pragma once

#include <memory>

#include "server/election/quorum_cnx_manager.h"
#include "server/election/worker_receiver.h"
#include "server/election/worker_sender.h"
#include "server/peer/quorum_peer.h"

namespace okapi {

class ElectionWiring {
 public:
  // Of member `own`. Opens no port before the stages run.
  ElectionWiring(Env& env, const ServerConfig& config, const QuorumServer& own);

  // Enrols the stages and joins them to `peer`, before that begins.
  void connect(QuorumPeer& peer, const HomeOf& home_of);
  void retire();

 private:
  Env& env_;
  std::unique_ptr<Poller> poller_;
  QuorumCnxManager cnx_;
  WorkerSender sender_;
  WorkerReceiver receiver_;
};

}  // namespace okapi
