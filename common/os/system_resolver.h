// Names through the system, which may wait half a minute for a name server that is silent. So each
// name asked for has a thread of its own while that lasts; a name that is asked for again meanwhile
// shares it. Nobody waits for such a thread: one that is under way when the process ends is left.
// Any thread.
#pragma once

#include <functional>
#include <memory>

#include "common/env/resolver.h"

namespace okapi {

class SystemResolver final : public Resolver {
 public:
  // The addresses of a name, textual; empty if there are none. May wait; several at once.
  using Query = std::function<std::vector<std::string>(const std::string& host)>;
  // Names asked for at once, lookups that share one of them, addresses in an answer.
  static constexpr size_t kNamesMax = 64;
  static constexpr size_t kLookupsPerNameMax = 64;
  static constexpr size_t kAddressesMax = 32;

  SystemResolver();
  explicit SystemResolver(Query query);  // instead of the system's
  ~SystemResolver() override;
  void look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) override;
  void forget(Mailbox<NameLookup>& reply) override;

 private:
  struct State;
  // Shared with the threads, which may outlive us.
  const std::shared_ptr<State> state_;
};

}  // namespace okapi
