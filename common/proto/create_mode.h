// The flags of a create (client-protocol spec 3.4).
#pragma once

#include <cstdint>
#include <optional>

namespace okapi {

enum class CreateMode : int32_t {
  kPersistent = 0,
  kEphemeral = 1,
  kPersistentSequential = 2,
  kEphemeralSequential = 3,
  kContainer = 4,
  kTtl = 5,
  kTtlSequential = 6,
};

constexpr std::optional<CreateMode> create_mode_of(int32_t flags) {
  if (flags < 0 || flags > 6) return std::nullopt;
  return static_cast<CreateMode>(flags);
}
constexpr bool is_ephemeral(CreateMode m) {
  return m == CreateMode::kEphemeral || m == CreateMode::kEphemeralSequential;
}
constexpr bool is_sequential(CreateMode m) {
  return m == CreateMode::kPersistentSequential || m == CreateMode::kEphemeralSequential ||
         m == CreateMode::kTtlSequential;
}
constexpr bool is_ttl(CreateMode m) {
  return m == CreateMode::kTtl || m == CreateMode::kTtlSequential;
}

}  // namespace okapi
