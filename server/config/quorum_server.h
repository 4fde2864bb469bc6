// One member of the ensemble, as a server line names it (peer-protocol spec 11.1). Plain value, any
// thread. Hosts are literals in the reference's form or names that nobody has looked up yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/proto/host_port.h"

namespace okapi {

struct PeerAddress {
  std::string host;  // IPv6 without brackets
  uint16_t quorum_port = 0;
  uint16_t election_port = 0;
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

struct QuorumServer {
  ServerId sid;
  std::vector<PeerAddress> addresses;  // at least one
  bool observer = false;
  std::optional<HostPort> client;
  // `client` comes from clientPort of the own static file: never printed.
  bool client_from_static = false;

  // What stands behind "server.N=": the role always, the client part unless it is from static.
  std::string text() const;
};

// Same id, role, set of quorum addresses, set of election addresses and client address, whether
// from static or not. Names are compared as written, in any case.
bool operator==(const QuorumServer& a, const QuorumServer& b);

// What both use, as host and port; null when they share nothing. Wildcard and loopback addresses
// may be shared.
std::optional<HostPort> shared_address(const QuorumServer& a, const QuorumServer& b);

}  // namespace okapi
