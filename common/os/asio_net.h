// Sockets of the real world. Listeners are opened through Boost.Asio, which knows addresses; what
// moves bytes is plain system calls.
#pragma once

#include "common/env/net.h"

namespace okapi {

class AsioNet final : public Net {
 public:
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int backlog) override;
  std::unique_ptr<Poller> make_poller(PollerKind kind) override;
};

}  // namespace okapi
