#include "server/config/server_line.h"

#include <string>
#include <vector>

#include "server/config/java_properties.h"
#include "server/config/java_values.h"

namespace okapi {
namespace {

Error invalid(std::string text) { return Error{ErrorKind::kInvalid, std::move(text)}; }

// String.split of one character: empty pieces at the end are dropped.
std::vector<std::string> java_split(ByteView text, char at) {
  std::vector<std::string> out;
  for (;;) {
    size_t end = text.find(at);
    out.emplace_back(text.substr(0, end));
    if (end == ByteView::npos) break;
    text.remove_prefix(end + 1);
  }
  while (out.size() > 1 && out.back().empty()) out.pop_back();
  return out;
}

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
  if (*port < 0 || *port > 65535) return invalid("port out of range:" + std::to_string(*port));
  return static_cast<uint16_t>(*port);
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
  HostPort client{parts->size() == 2 ? parts->front() : "0.0.0.0", 0};
  auto port = port_of(client.host, parts->back());
  if (!port.ok()) return port.error();
  client.port = *port;
  return client;
}

Result<PeerType> role_of(ByteView text) {
  if (equals_ignoring_case(text, "observer")) return PeerType::kObserver;
  if (equals_ignoring_case(text, "participant")) return PeerType::kParticipant;
  return invalid("Unrecognised peertype: " + printable(text));
}

const char* name_of(PeerType type) {
  return type == PeerType::kObserver ? "OBSERVER" : "PARTICIPANT";
}

// One address of the line; `role` is what the addresses before it said.
Status add_address(ByteView value, ByteView address, std::optional<PeerType>& role,
                   ServerLine& line) {
  auto parts = host_and_ports(address);
  if (!parts.ok()) return parts.error();
  if (parts->size() < 3 || parts->size() > 4) return wrong_format(value);
  const std::string& host = parts->front();
  auto quorum = port_of(host, parts.value()[1]);
  if (!quorum.ok()) return quorum.error();
  auto election = port_of(host, parts.value()[2]);
  if (!election.ok()) return election.error();
  if (*quorum == *election) {
    return invalid(
        "Client and election port must be different! Please update the configuration file on "
        "server." +
        std::to_string(line.sid));
  }
  if (parts->size() == 4) {
    auto here = role_of(parts->back());
    if (!here.ok()) return here.error();
    if (role && *role != *here) {
      return invalid(std::string("Multiple addresses should have similar roles: ") +
                     name_of(*role) + " vs " + name_of(*here));
    }
    role = *here;
  }
  line.addresses.emplace_back(HostPort{host, *quorum}, *election);
  return {};
}

}  // namespace

Result<ServerLine> parse_server_line(ByteView key, ByteView value, bool multi_address) {
  ServerLine line;
  ByteView number = key.substr(key.find('.') + 1);
  auto sid = parse_java_long(number);
  if (!sid) return invalid("For input string: \"" + printable(number) + "\"");
  line.sid = *sid;
  value = java_trim(value);
  auto halves = java_split(value, ';');
  if (halves.size() > 2) return wrong_format(value);
  if (halves.size() == 2) {
    auto client = client_part(value, halves[1]);
    if (!client.ok()) return client.error();
    line.client = *client;
  }
  auto addresses = java_split(halves[0], '|');
  if (addresses.size() > 1 && !multi_address) {
    return invalid(
        "Multiple address feature is disabled, but multiple addresses were specified for sid " +
        std::to_string(line.sid));
  }
  std::optional<PeerType> role;
  for (const std::string& address : addresses) {
    OKAPI_TRY(add_address(value, address, role, line));
  }
  line.role = role.value_or(PeerType::kParticipant);
  return line;
}

}  // namespace okapi
