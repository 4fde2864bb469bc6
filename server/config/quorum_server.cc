#include "server/config/quorum_server.h"

#include <algorithm>
#include <set>
#include <utility>

#include "server/config/java_values.h"
#include "server/config/numeric_host.h"

namespace okapi {
namespace {

// Comparable form of an address.
using Endpoint = std::pair<std::string, uint16_t>;

Endpoint endpoint(const std::string& host, uint16_t port) { return {to_lower(host), port}; }

std::set<Endpoint> quorum_endpoints(const QuorumServer& server) {
  std::set<Endpoint> out;
  for (const PeerAddress& at : server.addresses) out.insert(endpoint(at.host, at.quorum_port));
  return out;
}

std::set<Endpoint> election_endpoints(const QuorumServer& server) {
  std::set<Endpoint> out;
  for (const PeerAddress& at : server.addresses) out.insert(endpoint(at.host, at.election_port));
  return out;
}

std::optional<Endpoint> client_endpoint(const QuorumServer& server) {
  if (!server.client) return std::nullopt;
  return endpoint(server.client->host, server.client->port);
}

// Everything the server listens on but wildcard and loopback.
std::set<Endpoint> exclusive_endpoints(const QuorumServer& server) {
  std::set<Endpoint> out = quorum_endpoints(server);
  out.merge(election_endpoints(server));
  if (auto client = client_endpoint(server)) out.insert(*client);
  std::erase_if(out, [](const Endpoint& at) {
    return is_wildcard_host(at.first) || is_loopback_host(at.first);
  });
  return out;
}

std::string delimited(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string QuorumServer::text() const {
  std::vector<PeerAddress> sorted = addresses;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const PeerAddress& a, const PeerAddress& b) { return a.host < b.host; });
  std::string out;
  for (const PeerAddress& at : sorted) {
    if (!out.empty()) out += '|';
    out += delimited(at.host) + ':' + std::to_string(at.quorum_port) + ':' +
           std::to_string(at.election_port);
  }
  out += observer ? ":observer" : ":participant";
  if (client && !client_from_static) {
    out += ';' + delimited(client->host) + ':' + std::to_string(client->port);
  }
  return out;
}

bool operator==(const QuorumServer& a, const QuorumServer& b) {
  return a.sid == b.sid && a.observer == b.observer && quorum_endpoints(a) == quorum_endpoints(b) &&
         election_endpoints(a) == election_endpoints(b) && client_endpoint(a) == client_endpoint(b);
}

std::optional<HostPort> shared_address(const QuorumServer& a, const QuorumServer& b) {
  const std::set<Endpoint> others = exclusive_endpoints(b);
  for (const Endpoint& mine : exclusive_endpoints(a)) {
    if (others.contains(mine)) return HostPort{mine.first, mine.second};
  }
  return std::nullopt;
}

}  // namespace okapi
