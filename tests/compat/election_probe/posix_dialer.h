// Dials over the system's sockets, for the probe. Hosts are addresses, not names. Any one thread.
#pragma once

#include "server/election/peer_dialer.h"

namespace okapi {

class PosixDialer final : public PeerDialer {
 public:
  Result<std::unique_ptr<Stream>> connect(const Endpoint& to) override;
  void look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) override;
};

}  // namespace okapi
