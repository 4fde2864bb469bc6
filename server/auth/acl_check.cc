#include "server/auth/acl_check.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace okapi {
namespace {

bool is_anyone(const Acl& entry) { return entry.scheme == "world" && entry.id == "anyone"; }

// The entries without exact repeats, first occurrences kept.
std::vector<const AclView*> without_repeats(const std::vector<AclView>& entries) {
  std::vector<const AclView*> out;
  std::set<std::tuple<int32_t, NullableView, NullableView>> seen;
  for (const AclView& entry : entries) {
    if (seen.emplace(entry.perms, entry.scheme, entry.id).second) out.push_back(&entry);
  }
  return out;
}

// `auth` stands for everybody the connection has proved to be. False if it is nobody.
bool expand_auth(int32_t perms, std::span<const Identity> identities,
                 const ProviderRegistry& registry, AclList& out) {
  size_t before = out.size();
  for (const Identity& identity : identities) {
    const AuthProvider* provider = registry.find(identity.scheme);
    if (provider == nullptr || !provider->is_authenticated()) continue;
    out.push_back({perms, identity.scheme, identity.id});
  }
  return out.size() > before;
}

// Appends what one entry becomes; false if it is not allowed.
bool append_entry(const AclView& entry, std::span<const Identity> identities,
                  const ProviderRegistry& registry, AclList& out) {
  if (!entry.scheme) return false;
  if (*entry.scheme == "auth") return expand_auth(entry.perms, identities, registry, out);
  // The reference answers -5 to a null id; -114 says the same better (client-protocol 11.10).
  if (!entry.id) return false;
  if (*entry.scheme != "world" || *entry.id != "anyone") {
    const AuthProvider* provider = registry.find(*entry.scheme);
    if (provider == nullptr || !provider->is_valid_id(*entry.id)) return false;
  }
  out.push_back({entry.perms, std::string(*entry.scheme), std::string(*entry.id)});
  return true;
}

}  // namespace

ErrorCode check_acl_entries(const AclList& acl, int32_t wanted,
                            std::span<const Identity> identities,
                            const ProviderRegistry& registry) {
  for (const Identity& identity : identities) {
    if (identity.scheme == "super") return ErrorCode::kOk;
  }
  for (const Acl& entry : acl) {
    if ((entry.perms & wanted) == 0) continue;
    if (is_anyone(entry)) return ErrorCode::kOk;
    const AuthProvider* provider = registry.find(entry.scheme);
    if (provider == nullptr) continue;
    for (const Identity& identity : identities) {
      if (identity.scheme == entry.scheme && provider->matches(identity.id, entry.id)) {
        return ErrorCode::kOk;
      }
    }
  }
  return ErrorCode::kNoAuth;
}

NormalizedAcl normalize_acl(const jute::Vector<AclView>& wanted,
                            std::span<const Identity> identities,
                            const ProviderRegistry& registry) {
  NormalizedAcl refused;
  refused.error = ErrorCode::kInvalidAcl;
  if (wanted.null || wanted.items.empty()) return refused;
  NormalizedAcl out;
  const AclView& first = wanted.items.front();
  if (wanted.items.size() == 1 && first.perms == Perms::kAll && first.scheme == "world" &&
      first.id == "anyone") {
    out.open = true;
    return out;
  }
  for (const AclView* entry : without_repeats(wanted.items)) {
    if (!append_entry(*entry, identities, registry, out.own)) return refused;
    if (out.own.size() > registry.acl_entries_max()) return refused;
  }
  return out;
}

AclList redact(const AclList& acl) {
  AclList out = acl;
  for (Acl& entry : out) {
    if (entry.scheme != "digest") continue;
    size_t colon = entry.id.find(':');
    if (colon != std::string::npos) entry.id.replace(colon, std::string::npos, ":x");
  }
  return out;
}

}  // namespace okapi
