// Stat, as replies carry it (68 bytes, client-protocol spec 3.2 and 3.3).
#pragma once

#include <cstdint>

#include "common/base/ids.h"

namespace okapi {

struct Stat {
  Zxid czxid, mzxid;
  int64_t ctime = 0, mtime = 0;
  int32_t version = 0, cversion = 0, aversion = 0;
  int64_t ephemeral_owner = 0;
  int32_t data_length = 0, num_children = 0;
  Zxid pzxid;

  static constexpr size_t kBytes = 68;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.czxid, s.mzxid, s.ctime, s.mtime, s.version, s.cversion, s.aversion, s.ephemeral_owner,
      s.data_length, s.num_children, s.pzxid);
  }
  friend bool operator==(const Stat&, const Stat&) = default;
};

}  // namespace okapi
