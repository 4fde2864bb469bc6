// The per-node part of the tree digest, version 2 (storage spec section 7): CRC-32 of path, data
// and the 60 bytes of the persisted stat in the digest's own order. The CRC of path + data is kept
// by the caller, so that a stat change rehashes 60 bytes only. Pure functions.
#pragma once

#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"
#include "common/base/ids.h"

namespace okapi {

// Stored form of a znode's stat (60 bytes on disk): cversion counts creates, owner is raw.
struct StatPersisted {
  Zxid czxid, mzxid;
  int64_t ctime = 0, mtime = 0;
  int32_t version = 0, cversion = 0, aversion = 0;
  int64_t ephemeral_owner = 0;
  Zxid pzxid;

  static constexpr size_t kBytes = 60;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.czxid, s.mzxid, s.ctime, s.mtime, s.version, s.cversion, s.aversion, s.ephemeral_owner,
      s.pzxid);
  }
  friend bool operator==(const StatPersisted&, const StatPersisted&) = default;
};

// Whether a node at `path` counts in the tree digest: all but those below /zookeeper/.
inline bool counts_in_digest(ByteView path) {
  constexpr ByteView kBelow = "/zookeeper/";
  return path.size() < kBelow.size() || std::memcmp(path.data(), kBelow.data(), kBelow.size()) != 0;
}
// CRC-32 of path ("/" counts as "") and data (null adds nothing).
uint32_t digest_prefix(ByteView path, NullableView data);
// The node's digest from its prefix and stat, to be summed with 64-bit wraparound.
uint64_t node_digest(uint32_t prefix, const StatPersisted& stat);

}  // namespace okapi
