// Access control lists: permissions, entries as decoded (views) and as kept (owned), identities
// (client-protocol spec section 5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/jute/record.h"

namespace okapi {

struct Perms {
  static constexpr int32_t kRead = 1;
  static constexpr int32_t kWrite = 2;
  static constexpr int32_t kCreate = 4;
  static constexpr int32_t kDelete = 8;
  static constexpr int32_t kAdmin = 16;
  static constexpr int32_t kAll = 31;
};

// One entry as a request or a file carries it.
struct AclView {
  int32_t perms = 0;
  NullableView scheme, id;

  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.perms, s.scheme, s.id);
  }
};

// One entry as it is kept.
struct Acl {
  int32_t perms = 0;  // kept verbatim; only the bitwise and matters
  std::string scheme, id;

  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.perms, s.scheme, s.id);
  }
  friend bool operator==(const Acl&, const Acl&) = default;
};

using AclList = std::vector<Acl>;

// Who a connection is: one of its identities.
struct Identity {
  std::string scheme, id;
  friend bool operator==(const Identity&, const Identity&) = default;
};

inline const AclList& open_acl() {
  static const AclList kOpen = {{Perms::kAll, "world", "anyone"}};
  return kOpen;
}

}  // namespace okapi
