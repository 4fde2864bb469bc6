// Who dials whom on the election port, which connection is kept, what is sent on it and what is
// sent again (peer-protocol spec 1.1, 1.5, safety X-ELE-04, X-ELE-05). Between two servers the one
// with the larger id dials; the other one only knocks: it connects, says who it is, and is dialled
// back. No socket, thread or clock; part of QuorumCnx.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "server/config/limits.h"
#include "server/election/election_mail.h"

namespace okapi {

struct CnxPolicyOptions {
  // Pause between two dials of one server; doubles with each that leads to no link.
  Millis redial_min{100};
  Millis redial_max{2'000};
  size_t strangers_max = Limits{}.election_strangers_max;
};

// One dial. Host names are looked up anew each time; `attempt` chooses among several addresses of
// one name.
struct DialOrder {
  ServerId sid;
  HostPort to;
  size_t attempt = 0;
};

class CnxPolicy {
 public:
  enum class Inbound {
    kKeep,      // in place of any older link
    kDialBack,  // close this one and any older link; a dial is due
    kRefuse,    // close
  };
  struct Decision {
    Inbound action = Inbound::kRefuse;
    const char* why = nullptr;  // of a refusal
  };

  CnxPolicy(ServerId self, const CnxPolicyOptions& options) : self_(self), options_(options) {}

  void set_peers(CnxPeers peers);
  // A message for `to`, instead of one that was not sent yet. Dropped for a stranger without link.
  void post(ServerId to, SharedBytes message);
  // What is to be dialled now; each is under way until dial_ended(). One address per server at a
  // time, all servers side by side.
  std::vector<DialOrder> dials_due(MonoTime now);
  std::optional<MonoTime> deadline() const;
  // It failed, or was a knock, or link_up() followed.
  void dial_ended(ServerId sid, MonoTime now);
  // Whether a connection that we dialled is kept once we said who we are.
  bool keeps_dialled(ServerId sid) const { return sid < self_; }
  // A connection that was accepted says who it is and where it listens.
  Decision on_inbound(ServerId sid, const std::vector<HostPort>& advertised,
                      const std::string& remote_ip, MonoTime now);
  void link_up(ServerId sid);
  void link_down(ServerId sid);
  bool has_message(ServerId sid) const;
  // The message that waits, for a link that can take it. What was taken last is sent again first on
  // the next link, if nothing newer waits by then: it may have been lost with the old one.
  SharedBytes take(ServerId sid);

 private:
  struct Channel {
    std::optional<SharedBytes> pending, last;
    bool linked = false, dialling = false, wants_dial = false;
    std::optional<HostPort> advertised;  // where it listens, by its own word and at its own ip
    size_t attempts = 0;
    Millis pause{};
    MonoTime dialled_at{};
    MonoTime not_before{};
  };
  bool known(ServerId sid) const { return peers_.addresses.contains(sid); }
  std::optional<HostPort> address_of(ServerId sid, const Channel& channel) const;
  bool wants_dial(ServerId sid, const Channel& channel) const;
  bool too_many_strangers(ServerId sid) const;
  void forget_if_idle(ServerId sid);

  const ServerId self_;
  const CnxPolicyOptions options_;
  CnxPeers peers_;
  std::map<ServerId, Channel> channels_;
};

}  // namespace okapi
