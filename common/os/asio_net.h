// Sockets of the real world. Addresses are read, and listeners opened, through Boost.Asio; what
// moves bytes is plain system calls.
#pragma once

#include "common/env/net.h"

namespace okapi {

class AsioNet final : public Net {
 public:
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog) override;
  Result<std::unique_ptr<Stream>> connect(const Endpoint& to) override;
  std::unique_ptr<Poller> make_poller(PollerKind kind) override;
};

}  // namespace okapi
