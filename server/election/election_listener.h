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

  // Listener i is watched as token i; lookups use the same numbers as tickets.
  ElectionListener(Env& env, Poller& poller, const ListenOptions& options);
  ~ElectionListener();
  size_t tokens() const { return ports_.size(); }

  // Opens what is to be opened, asks for names; look-ups are answered to `replies`.
  void open_due(Mailbox<NameLookup>& replies, MonoTime now);
  void on_lookup(const NameLookup& found, MonoTime now);
  // The next connection waiting at `token`, or null.
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
  void bind(uint64_t token, const std::string& ip, MonoTime now);
  void failed(Port& port, const std::string& why, MonoTime now);

  Env& env_;
  Poller& poller_;
  const int32_t bind_retries_max_;
  const char* const what_;
  std::vector<Port> ports_;
  LogLimiter failed_log_;
};

}  // namespace okapi
