// The stage that takes connections from the client port and deals them to the Selectors, within the
// limits per address and in all (client-protocol spec 2.2, safety L-02, L-03). A failed accept
// never disarms the listener.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/config/limits.h"

namespace okapi {

// Mail to a Selector.
struct Accepted {
  std::unique_ptr<Stream> stream;
};
// Mail from a Selector: a connection of this address ended.
struct AddressFreed {
  std::string ip;
};
// Mail from the pipeline: begin to accept, or stop.
struct AcceptOrder {
  bool accept = false;
};

class Acceptor final : public Stage {
 public:
  Acceptor(Env& env, const Limits& limits, std::unique_ptr<Listener> listener, Poller& poller,
           size_t selectors);
  ~Acceptor() override;

  Mailbox<AddressFreed> freed;
  Mailbox<AcceptOrder> orders;
  std::vector<Sink<Accepted>> to_selectors;

  void step(Turn& turn) override;
  const Endpoint& local() const { return listener_->local(); }
  const Counter& rejected() const { return rejected_; }

 private:
  void accept_some(Turn& turn);
  bool admit(const Endpoint& peer, MonoTime now);

  Env& env_;
  const Limits& limits_;
  std::unique_ptr<Listener> listener_;
  Poller& poller_;
  bool accepting_ = false;
  MonoTime retry_at_{};  // after a failed accept the socket is left alone until then
  size_t next_ = 0;
  int64_t open_ = 0;
  std::map<std::string, int32_t> by_ip_;
  std::vector<AddressFreed> freed_inbox_;
  std::vector<AcceptOrder> orders_inbox_;
  LogLimiter refused_log_, failed_log_;
  Counter rejected_;
};

}  // namespace okapi
