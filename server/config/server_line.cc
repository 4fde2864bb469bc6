#include "server/config/server_line.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/numeric_host.h"

namespace okapi {
namespace {

Error invalid(std::string text) { return Error{ErrorKind::kInvalid, std::move(text)}; }
Error corrupt(std::string text) { return Error{ErrorKind::kCorrupt, std::move(text)}; }

// Cuts "host:a:b" or "[ipv6]:a:b" into its parts, without the brackets.
Result<std::vector<std::string>> host_and_ports(ByteView text) {
  if (!text.starts_with("[")) return java_split(text, ':');
  size_t close = text.find(']');
  if (close == ByteView::npos) {
    return invalid(printable(text) + " starts with '[' but has no matching ']:'");
  }
  if (close + 2 == text.size()) {
    return invalid(printable(text) + " doesn't have a port after colon");
  }
  std::vector<std::string> parts = {std::string(text.substr(1, close - 1))};
  if (close + 2 < text.size()) {
    for (auto& part : java_split(text.substr(close + 2), ':')) parts.push_back(std::move(part));
  }
  return parts;
}

Result<uint16_t> port_of(const std::string& host, const std::string& text) {
  auto port = parse_java_int(text);
  if (!port) return invalid("Address unresolved: " + printable(host) + ":" + printable(text));
  if (*port < 0 || *port > 65535) return corrupt("port out of range:" + std::to_string(*port));
  return static_cast<uint16_t>(*port);
}

// The reference takes any text and fails later, or not at all; here only what can be a name or a
// literal, so that every text of ours can be read back.
Result<std::string> host_of(const std::string& text) {
  auto belongs = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           ByteView(".-_:%").find(c) != ByteView::npos;
  };
  if (!std::all_of(text.begin(), text.end(), belongs)) {
    return invalid("not a host name: " + printable(text));
  }
  return java_host_text(text);
}

Error wrong_format(ByteView value) {
  return invalid(printable(value) +
                 " does not have the form server_config or server_config;client_config where "
                 "server_config is the pipe separated list of host:port:port or "
                 "host:port:port:type and client_config is port or host:port");
}

Result<HostPort> client_part(ByteView value, ByteView text) {
  auto parts = host_and_ports(text);
  if (!parts.ok()) return parts.error();
  if (parts->size() > 2) return wrong_format(value);
  auto host = host_of(parts->size() == 2 ? parts->front() : "0.0.0.0");
  if (!host.ok()) return host.error();
  auto port = port_of(*host, parts->back());
  if (!port.ok()) return port.error();
  return HostPort{std::move(*host), *port};
}

// Whether it is the role of an observer.
Result<bool> role_of(ByteView text) {
  ByteView role = java_trim(text);
  if (equals_ignoring_case(role, "observer")) return true;
  if (equals_ignoring_case(role, "participant")) return false;
  return invalid("Unrecognised peertype: " + printable(text));
}

const char* name_of(bool observer) { return observer ? "OBSERVER" : "PARTICIPANT"; }

// One address of the line; `observer` is what the addresses before it said.
Status add_address(ByteView value, ByteView address, std::optional<bool>& observer,
                   QuorumServer& server) {
  auto parts = host_and_ports(address);
  if (!parts.ok()) return parts.error();
  if (parts->size() < 3 || parts->size() > 4) return wrong_format(value);
  auto host = host_of(parts->front());
  if (!host.ok()) return host.error();
  PeerAddress at;
  at.host = std::move(*host);
  auto quorum = port_of(parts->front(), parts.value()[1]);
  if (!quorum.ok()) return quorum.error();
  at.quorum_port = *quorum;
  auto election = port_of(parts->front(), parts.value()[2]);
  if (!election.ok()) return election.error();
  at.election_port = *election;
  if (at.quorum_port == at.election_port) {
    return invalid(
        "Client and election port must be different! Please update the configuration file on "
        "server." +
        std::to_string(server.sid.value()));
  }
  if (parts->size() == 4) {
    auto here = role_of(parts->back());
    if (!here.ok()) return here.error();
    if (observer && *observer != *here) {
      return invalid(std::string("Multiple addresses should have similar roles: ") +
                     name_of(*observer) + " vs " + name_of(*here));
    }
    observer = *here;
  }
  auto& all = server.addresses;
  if (std::find(all.begin(), all.end(), at) == all.end()) all.push_back(std::move(at));
  return {};
}

}  // namespace

Result<QuorumServer> parse_server_line(ByteView key, ByteView value, bool multi_address) {
  QuorumServer server;
  ByteView number = key.substr(key.find('.') + 1);
  auto sid = parse_java_long(number);
  if (!sid) return corrupt("For input string: \"" + printable(number) + "\"");
  server.sid = ServerId(*sid);
  value = java_trim(value);
  auto halves = java_split(value, ';');
  if (halves.size() > 2) return wrong_format(value);
  if (halves.size() == 2) {
    auto client = client_part(value, halves[1]);
    if (!client.ok()) return client.error();
    server.client = *client;
  }
  auto addresses = java_split(halves[0], '|');
  if (addresses.size() > 1 && !multi_address) {
    return invalid(
        "Multiple address feature is disabled, but multiple addresses were specified for sid " +
        std::to_string(*sid));
  }
  std::optional<bool> observer;
  for (const std::string& address : addresses) {
    OKAPI_TRY(add_address(value, address, observer, server));
  }
  server.observer = observer.value_or(false);
  return server;
}

}  // namespace okapi
