// Who may do what: the check of a node's ACL, the form in which a list is stored, and what getACL
// shows of it (client-protocol spec sections 5.2, 5.3, 3.12). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/bytes.h"
#include "common/jute/record.h"
#include "common/proto/acl.h"
#include "common/proto/error_code.h"
#include "server/auth/provider_registry.h"

namespace okapi {

// kOk or kNoAuth. `wanted` is a mask: an entry that shares one bit with it counts.
ErrorCode check_acl_entries(const AclList& acl, int32_t wanted,
                            std::span<const Identity> identities, const ProviderRegistry& registry);

inline ErrorCode check_acl(const AclList& acl, int32_t wanted, std::span<const Identity> identities,
                           const ProviderRegistry& registry, bool skip_acl) {
  if (skip_acl || acl.empty()) return ErrorCode::kOk;
  // Most nodes have the one open entry: decided here without a look at the identities.
  const Acl& first = acl.front();
  if ((first.perms & wanted) != 0 && first.scheme == "world" && first.id == "anyone") {
    return ErrorCode::kOk;
  }
  return check_acl_entries(acl, wanted, identities, registry);
}

// An ACL list as create and setACL store it, or why it is refused.
struct NormalizedAcl {
  ErrorCode error = ErrorCode::kOk;  // kInvalidAcl
  bool open = false;                 // it is open_acl(), and `own` is empty
  AclList own;
  const AclList& list() const { return open ? open_acl() : own; }
};
NormalizedAcl normalize_acl(const jute::Vector<AclView>& wanted,
                            std::span<const Identity> identities, const ProviderRegistry& registry);

// What getACL shows to a caller without ADMIN: the hashes of digest entries become ":x".
AclList redact(const AclList& acl);

}  // namespace okapi
