// Scheme "ip": who connects from an address or a network. Every connection has its address as an
// identity; it proves nobody, so `auth` entries do not expand to it.
#pragma once

#include "server/auth/auth_provider.h"

namespace okapi {

class IpProvider final : public AuthProvider {
 public:
  std::string_view scheme() const override { return "ip"; }
  // Whatever the data says: the peer's address.
  std::optional<std::vector<Identity>> authenticate(NullableView data,
                                                    const AuthPeer& peer) const override;
  // `acl_id` is an address with or without "/bits".
  bool matches(ByteView id, ByteView acl_id) const override;
  bool is_valid_id(ByteView id) const override;
  bool is_authenticated() const override { return false; }
  std::string user_name(ByteView id) const override { return std::string(id); }
};

}  // namespace okapi
