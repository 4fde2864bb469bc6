// The stage that takes connections from the client port and deals them to the Selectors, within the
// limits per address and in all (client-protocol spec 2.2, safety L-02, L-03, L-14, L-15). A failed
// accept never disarms the listener for long.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "server/config/limits.h"
#include "server/front/refusal_counter.h"

namespace okapi {

// Mail to a Selector.
struct Accepted {
  std::unique_ptr<Stream> stream;
};
// Mail from a Selector: a connection of this address ended.
struct AddressFreed {
  std::string ip;
  bool refused = false;  // its handshake or its credentials
};
// Mail from the pipeline: begin to accept, or stop.
struct AcceptOrder {
  bool accept = false;
};
// Mail from QuorumPeer: clients come to this address from here on. Those who are there stay.
struct MoveOrder {
  Endpoint to;
  int backlog = -1;
};

class Acceptor final : public Stage {
 public:
  Acceptor(Env& env, const Limits& limits, std::unique_ptr<Listener> listener, Poller& poller,
           size_t selectors);
  ~Acceptor() override;

  Mailbox<AddressFreed> freed;
  Mailbox<AcceptOrder> orders;
  Mailbox<MoveOrder> moves;
  std::vector<Sink<Accepted>> to_selectors;

  void step(Turn& turn) override;
  // Where clients come to, as bound; 0 if nowhere. Any thread.
  uint16_t port() const { return port_.load(std::memory_order_relaxed); }
  const Counter& rejected() const { return rejected_; }

 private:
  void take_mail(MonoTime now);
  void move(const MoveOrder& order);
  // Whether the listener is to be looked at from here on.
  bool listen(MonoTime now);
  void accept_some(Turn& turn);
  bool admit(const Endpoint& peer, MonoTime now);
  void deal(std::unique_ptr<Stream> stream);
  // Guessing costs time: the next connection of an address that was refused too often waits.
  void hold_or_deal(std::unique_ptr<Stream> stream, MonoTime now);
  void deal_held(MonoTime now);

  Env& env_;
  const Limits& limits_;
  std::unique_ptr<Listener> listener_;  // null if it could not be opened
  std::atomic<uint16_t> port_;
  Poller& poller_;
  // Connections beside which the descriptors kept for files and peers are left; INT64_MAX if the
  // system does not tell its limit.
  const int64_t room_;
  struct Held {
    MonoTime until;
    std::unique_ptr<Stream> stream;
  };
  bool accepting_ = false;
  bool listening_ = false;  // what the poller was told
  MonoTime retry_at_{};     // after a failed accept the socket is left alone until then
  size_t next_ = 0;
  int64_t open_ = 0;
  std::map<std::string, int32_t> by_ip_;
  RefusalCounter refusals_;
  std::deque<Held> held_;  // all wait for the same time
  std::vector<AddressFreed> freed_inbox_;
  std::vector<AcceptOrder> orders_inbox_;
  std::vector<MoveOrder> moves_inbox_;
  LogLimiter refused_log_, failed_log_, full_log_, guess_log_;
  Counter rejected_;
};

}  // namespace okapi
