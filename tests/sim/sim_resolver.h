// Names of the simulated world, as one program asks for them: an address is answered at once, a
// name after a while or, if it is a silent one, never. Made for each start of a program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/env/resolver.h"
#include "tests/sim/sim_net.h"

namespace okapi::sim {

class SimResolver final : public Resolver {
 public:
  explicit SimResolver(SimNic& nic) : nic_(nic) {}

  void look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) override;
  void forget(Mailbox<NameLookup>& reply) override;

 private:
  struct Owed {
    Mailbox<NameLookup>* reply;
  };

  SimNic& nic_;
  // The world's events hold these weakly: they may come after the program's end.
  std::vector<std::shared_ptr<Owed>> owed_;
};

}  // namespace okapi::sim
