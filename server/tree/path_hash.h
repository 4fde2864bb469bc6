// The keyed hash by which the tree finds its nodes and spreads them over shards. Pure functions.
//
// The bits: 0-15 the tag in a table's slot, 32-57 which segment of the table, 58-63 which shard.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/ids.h"

namespace okapi {

// Keyed hash of a path, or of a session.
struct PathHash {
  uint64_t bits = 0;
  uint32_t upper() const { return static_cast<uint32_t>(bits >> 32); }
  uint16_t tag() const { return static_cast<uint16_t>(bits); }
  uint32_t shard() const { return static_cast<uint32_t>(bits >> 58); }
  friend bool operator==(PathHash, PathHash) = default;
};
PathHash hash_path(uint64_t seed, ByteView path);
uint32_t shard_of_session(uint64_t seed, SessionId session);

}  // namespace okapi
