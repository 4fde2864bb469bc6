// The schemes of one server and what the connection rooms ask of them. Built once from the config,
// immutable afterwards: any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/proto/error_code.h"
#include "common/proto/responses.h"
#include "server/auth/auth_provider.h"
#include "server/config/server_config.h"

namespace okapi {

// Identities of a connection, without repeats, in the order gained; bounded by
// Limits::identities_per_connection_max.
using IdentityList = std::vector<Identity>;

class ProviderRegistry {
 public:
  // Fails (kInvalid) on an unknown digest algorithm and on an enforced scheme without provider.
  static Result<ProviderRegistry> make(const ServerConfig& config);

  // Null if the scheme has no provider. "world" and "super" never have one.
  const AuthProvider* find(std::string_view scheme) const;

  // The identities every connection has from the start: its address.
  IdentityList initial_identities(const AuthPeer& peer) const;

  // An auth packet: adds what it proves to `identities`. kAuthFailed: answer -115 and close; then
  // `identities` is unchanged. Also when the bound on identities would be passed.
  ErrorCode authenticate(std::string_view scheme, NullableView data, const AuthPeer& peer,
                         IdentityList& identities) const;

  // Whether requests of a connection with these identities may run (spec 5.8); if not, answer -124
  // and close. Always true when no scheme is enforced.
  bool is_admitted(std::span<const Identity> identities) const;

  // The answer of whoAmI.
  std::vector<ClientInfo> who_am_i(std::span<const Identity> identities) const;

  bool skip_acl() const { return skip_acl_; }
  // Bound on the entries of one ACL list.
  size_t acl_entries_max() const { return acl_entries_max_; }

 private:
  ProviderRegistry() = default;

  std::vector<std::unique_ptr<AuthProvider>> providers_;
  std::vector<std::string> enforced_schemes_;
  size_t identities_max_ = 0;
  size_t acl_entries_max_ = 0;
  bool skip_acl_ = false;
};

}  // namespace okapi
