// One authentication scheme (client-protocol spec section 5.5). Providers are immutable after
// construction; every call may come from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/proto/acl.h"

namespace okapi {

// What a provider may know of the connection that asks.
struct AuthPeer {
  std::string_view ip;  // textual address of the other end, without port
};

class AuthProvider {
 public:
  virtual ~AuthProvider() = default;
  virtual std::string_view scheme() const = 0;
  // The identities that `data` of an auth packet proves, possibly none; nothing = refused
  // (-115, then close).
  virtual std::optional<std::vector<Identity>> authenticate(NullableView data,
                                                            const AuthPeer& peer) const = 0;
  // Whether a connection with identity `id` of this scheme fits an entry's `acl_id`.
  virtual bool matches(ByteView id, ByteView acl_id) const = 0;
  // Whether an ACL entry may carry this id.
  virtual bool is_valid_id(ByteView id) const = 0;
  // Whether an identity of this scheme proves somebody, so that `auth` entries expand to it.
  virtual bool is_authenticated() const = 0;
  // The user of an identity, for whoAmI.
  virtual std::string user_name(ByteView id) const = 0;
};

}  // namespace okapi
