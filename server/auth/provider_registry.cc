#include "server/auth/provider_registry.h"

#include <algorithm>

#include "server/auth/digest_provider.h"
#include "server/auth/ip_provider.h"

namespace okapi {

Result<ProviderRegistry> ProviderRegistry::make(const ServerConfig& config) {
  ProviderRegistry out;
  out.providers_.push_back(std::make_unique<IpProvider>());
  if (config.auth.digest_provider_enabled) {
    auto digest = DigestProvider::make(config.auth.digest_alg, config.auth.super_digest);
    if (!digest.ok()) return digest.error();
    out.providers_.push_back(std::move(digest).value());
  }
  for (const std::string& scheme : config.auth.enforced_schemes) {
    if (out.find(scheme) == nullptr) {
      return Error{ErrorKind::kInvalid,
                   "Authentication scheme " + printable(scheme) + " is not available."};
    }
  }
  out.enforced_schemes_ = config.auth.enforced_schemes;
  out.identities_max_ = static_cast<size_t>(config.limits.identities_per_connection_max);
  out.acl_entries_max_ = static_cast<size_t>(config.limits.acl_entries_max);
  out.skip_acl_ = config.auth.skip_acl;
  return out;
}

const AuthProvider* ProviderRegistry::find(std::string_view scheme) const {
  for (const auto& provider : providers_) {
    if (provider->scheme() == scheme) return provider.get();
  }
  return nullptr;
}

IdentityList ProviderRegistry::initial_identities(const AuthPeer& peer) const {
  return find("ip")->authenticate(std::nullopt, peer).value_or(IdentityList());
}

ErrorCode ProviderRegistry::authenticate(std::string_view scheme, NullableView data,
                                         const AuthPeer& peer, IdentityList& identities) const {
  const AuthProvider* provider = find(scheme);
  if (provider == nullptr) return ErrorCode::kAuthFailed;
  auto proved = provider->authenticate(data, peer);
  if (!proved) return ErrorCode::kAuthFailed;
  std::erase_if(*proved, [&](const Identity& identity) {
    return std::find(identities.begin(), identities.end(), identity) != identities.end();
  });
  if (identities.size() + proved->size() > identities_max_) return ErrorCode::kAuthFailed;
  std::move(proved->begin(), proved->end(), std::back_inserter(identities));
  return ErrorCode::kOk;
}

bool ProviderRegistry::is_admitted(std::span<const Identity> identities) const {
  if (enforced_schemes_.empty()) return true;
  return std::any_of(identities.begin(), identities.end(), [&](const Identity& identity) {
    return std::find(enforced_schemes_.begin(), enforced_schemes_.end(), identity.scheme) !=
           enforced_schemes_.end();
  });
}

std::vector<ClientInfo> ProviderRegistry::who_am_i(std::span<const Identity> identities) const {
  std::vector<ClientInfo> out;
  for (const Identity& identity : identities) {
    const AuthProvider* provider = find(identity.scheme);
    out.push_back({identity.scheme, provider == nullptr ? "" : provider->user_name(identity.id)});
  }
  return out;
}

}  // namespace okapi
