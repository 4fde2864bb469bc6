// Listens on the own addresses, of the election or the quorum: a name is looked up, a port in use
// is tried again until that ends the process (ExitCode::kUnableToBind), a failed accept leaves the
// port open (peer-protocol spec 1.5, F-NET-10). Part of QuorumCnx and of LearnerAcceptor; home
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/env/env.h"
#include "common/proto/host_port.h"

namespace okapi {

struct ListenOptions {
  std::vector<HostPort> addresses{};  // as our server line has them
  bool on_all_ips = false;            // quorumListenOnAllIPs
  int32_t bind_retries_max = 3;       // electionPortBindRetry; 0 = for ever
  const char* what = "election";      // whose address, for messages
};

class ElectionListener {
 public:
  static constexpr Millis kBindPause{1'000};
  static constexpr Millis kLookupWait{5'000};
  static constexpr Millis kAcceptPause{100};

  // Its listeners are watched under tokens below this; its lookups have the same numbers as
  // tickets.
  static constexpr uint64_t kTokensEnd = uint64_t{1} << 32;

  ElectionListener(Env& env, Poller& poller, const ListenOptions& options);
  ~ElectionListener();
  // Leaves the ports that it has for these.
  void move(const std::vector<HostPort>& addresses);

  // Opens what is to be opened, asks for names; look-ups are answered to `replies`.
  void open_due(Mailbox<NameLookup>& replies, MonoTime now);
  void on_lookup(const NameLookup& found, MonoTime now);
  // The next connection waiting at `token`, or null: also for a port that was left.
  std::unique_ptr<Stream> accept(uint64_t token, MonoTime now);
  std::optional<MonoTime> deadline() const;
  // Whether all ports are open.
  bool open() const;

 private:
  struct Port {
    HostPort address;
    std::unique_ptr<Listener> listener{};
    int32_t tries = 0;
    MonoTime next_try{};               // also when a name that was asked for did not come
    std::optional<MonoTime> resume{};  // accepting failed: not before
  };
  Port* find(uint64_t token);
  void set_ports(const std::vector<HostPort>& addresses);
  void bind(Port& port, uint64_t token, const std::string& ip, MonoTime now);
  void failed(Port& port, const std::string& why, MonoTime now);

  Env& env_;
  Poller& poller_;
  const bool on_all_ips_;
  const int32_t bind_retries_max_;
  const char* const what_;
  std::vector<Port> ports_;
  uint64_t first_token_ = 0;  // of ports_; no number is used twice
  LogLimiter failed_log_;
};

}  // namespace okapi
