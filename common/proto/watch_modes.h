// The kinds of watches that clients name (client-protocol spec 6.1, 6.6); the numbers are the
// wire's. Plain values.
#pragma once

#include <cstdint>
#include <optional>

namespace okapi {

// What checkWatches and removeWatches ask for.
enum class WatcherType : int32_t {
  kChildren = 1,
  kData = 2,
  kAny = 3,
  kPersistent = 4,
  kPersistentRecursive = 5,
};

constexpr std::optional<WatcherType> watcher_type_of(int32_t number) {
  if (number < 1 || number > 5) return std::nullopt;
  return static_cast<WatcherType>(number);
}

// The modes of addWatch.
enum class AddWatchMode : int32_t { kPersistent = 0, kPersistentRecursive = 1 };

constexpr std::optional<AddWatchMode> add_watch_mode_of(int32_t number) {
  if (number < 0 || number > 1) return std::nullopt;
  return static_cast<AddWatchMode>(number);
}

}  // namespace okapi
