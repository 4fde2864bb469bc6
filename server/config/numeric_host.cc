#include "server/config/numeric_host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/config/java_values.h"

namespace okapi {
namespace {

// The 16 bytes of a literal, IPv4 mapped into the last four.
using Address = std::array<uint8_t, 16>;

constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr size_t kPrefix = 12;

std::optional<Address> literal_of(const std::string& host) {
  Address out = kMapped;
  if (inet_pton(AF_INET, host.c_str(), out.data() + kPrefix) == 1) return out;
  if (inet_pton(AF_INET6, host.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

bool is_ipv4(const Address& address) {
  return std::equal(address.begin(), address.begin() + kPrefix, kMapped.begin());
}

}  // namespace

std::string java_host_text(ByteView host) {
  std::string text(host);
  if (text.empty()) return "localhost";
  auto address = literal_of(text);
  if (!address) return text;
  text.clear();
  if (is_ipv4(*address)) {
    for (size_t i = kPrefix; i < address->size(); ++i) {
      text += (i == kPrefix ? "" : ".") + std::to_string((*address)[i]);
    }
    return text;
  }
  for (size_t i = 0; i < address->size(); i += 2) {
    text += (i == 0 ? "" : ":") + to_java_hex(int64_t{(*address)[i]} * 256 + (*address)[i + 1]);
  }
  return text;
}

bool is_wildcard_host(ByteView host) {
  if (host.empty()) return true;
  auto address = literal_of(std::string(host));
  if (!address) return false;
  size_t begin = is_ipv4(*address) ? kPrefix : 0;
  return std::all_of(address->begin() + static_cast<std::ptrdiff_t>(begin), address->end(),
                     [](uint8_t byte) { return byte == 0; });
}

bool is_loopback_host(ByteView host) {
  if (equals_ignoring_case(host, "localhost")) return true;
  auto address = literal_of(std::string(host));
  if (!address) return false;
  if (is_ipv4(*address)) return (*address)[kPrefix] == 127;
  return address->back() == 1 &&
         std::all_of(address->begin(), address->end() - 1, [](uint8_t byte) { return byte == 0; });
}

}  // namespace okapi
