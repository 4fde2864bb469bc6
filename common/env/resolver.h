// Addresses of named hosts. The calls return at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/env/mailbox.h"

namespace okapi {

// The answer to Resolver::look_up.
struct NameLookup {
  uint64_t ticket = 0;
  std::vector<std::string> ips;  // textual; empty: no such name, or nobody who knows
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Posts the addresses of `host` to `reply`, before it returns for one that is an address itself,
  // later for a name: perhaps much later, so the caller has a deadline of its own. No lookup delays
  // another; one too many is answered at once, with nothing.
  virtual void look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) = 0;
  // Before `reply` is destroyed: what it is still owed is not posted any more.
  virtual void forget(Mailbox<NameLookup>& reply) = 0;
};

}  // namespace okapi
