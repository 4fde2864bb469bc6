// Internet addresses as text, the way the reference reads and shows them. Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"

namespace okapi {

struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  int length = 4;  // bytes in use: 4 or 16
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

// An address as ACL ids and identities carry it: dotted quad, or eight hexadecimal groups with one
// "::". Compat: a dotted tail ("::ffff:1.2.3.4") is not an address here, as in 3.9.
std::optional<IpAddress> parse_ip(ByteView text);

// The address of a socket's other end as Java shows it: IPv6 in eight groups without "::", an IPv4
// address inside IPv6 as IPv4, a zone kept. Text that is no address comes back as it is.
std::string java_host_address(ByteView socket_address);

}  // namespace okapi
