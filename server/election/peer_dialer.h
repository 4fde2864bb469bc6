// The way out to other servers: connections that we begin, and names looked up. An interface, so
// that the simulator has one, too. The calls return at once; home thread of QuorumCnx.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/env/mailbox.h"
#include "common/env/net.h"

namespace okapi {

// The answer to PeerDialer::look_up.
struct NameLookup {
  uint64_t ticket = 0;
  std::vector<std::string> ips;  // textual; empty: no such name, or nobody who knows
};

class PeerDialer {
 public:
  virtual ~PeerDialer() = default;
  // A connection on its way: writable when it stands; a write fails if it was refused.
  virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& to) = 0;
  // Posts the addresses of `host` to `reply`, at once for one that is an address itself, later for
  // a name, or never. No lookup delays another.
  virtual void look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) = 0;
};

}  // namespace okapi
