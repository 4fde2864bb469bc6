#include "server/auth/ip_provider.h"

#include "server/auth/ip_address.h"
#include "server/config/java_values.h"

namespace okapi {
namespace {

struct Network {
  IpAddress address;
  int bits = 0;
};

std::optional<Network> parse_network(ByteView text) {
  size_t slash = text.find('/');
  auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network out{*address, address->length * 8};
  if (slash != ByteView::npos) {
    auto bits = parse_java_int(text.substr(slash + 1));
    if (!bits || *bits < 0 || *bits > address->length * 8) return std::nullopt;
    out.bits = *bits;
  }
  return out;
}

bool contains(const Network& network, const IpAddress& address) {
  if (network.address.length != address.length) return false;
  int left = network.bits;
  for (size_t i = 0; left > 0; ++i, left -= 8) {
    int mask = left >= 8 ? 0xFF : 0xFF << (8 - left);
    if (((network.address.bytes[i] ^ address.bytes[i]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<Identity>> IpProvider::authenticate(NullableView /*data*/,
                                                              const AuthPeer& peer) const {
  return std::vector<Identity>{{"ip", java_host_address(peer.ip)}};
}

bool IpProvider::matches(ByteView id, ByteView acl_id) const {
  auto network = parse_network(acl_id);
  auto address = parse_ip(id.substr(0, id.find('%')));
  return network && address && contains(*network, *address);
}

bool IpProvider::is_valid_id(ByteView id) const { return parse_network(id).has_value(); }

}  // namespace okapi
