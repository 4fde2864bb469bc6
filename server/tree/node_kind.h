// What the stored owner of a znode means (client-protocol spec 3.4): ordinary ephemeral, container,
// TTL node. Pure functions.
#pragma once

#include <cstdint>

namespace okapi {

struct TreeOptions {
  // zookeeper.extendedTypesEnabled: whether owners that begin with 0xff are TTL nodes.
  bool extended_types = false;
  // zookeeper.emulate353TTLNodes: with extended types, every other negative owner is one too.
  bool emulate_353_ttl = false;
  bool digest_enabled = true;
  // Key of the path hash, from the Env's randomness.
  uint64_t hash_seed = 0;
};

enum class NodeKind { kPersistent, kEphemeral, kContainer, kTtl };

inline constexpr int64_t kContainerOwner = INT64_MIN;
inline constexpr uint64_t kExtendedMask = 0xff00000000000000;
inline constexpr uint64_t kReservedMask = 0x00ffff0000000000;
inline constexpr int64_t kTtlMaxMs = 0x000000ffffffffff;

constexpr int64_t ttl_owner(int64_t ttl_ms) {
  return static_cast<int64_t>(kExtendedMask | static_cast<uint64_t>(ttl_ms));
}
constexpr int64_t ttl_of_owner(int64_t owner) { return owner & kTtlMaxMs; }

constexpr NodeKind node_kind(int64_t owner, const TreeOptions& options) {
  if (owner == 0) return NodeKind::kPersistent;
  if (owner == kContainerOwner) return NodeKind::kContainer;
  if (options.extended_types) {
    auto bits = static_cast<uint64_t>(owner);
    if ((bits & kExtendedMask) == kExtendedMask && (bits & kReservedMask) == 0) {
      return NodeKind::kTtl;
    }
    if (options.emulate_353_ttl && owner < 0) return NodeKind::kTtl;
  }
  return NodeKind::kEphemeral;
}

}  // namespace okapi
