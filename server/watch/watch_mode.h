// Who watches, and how: the mode bits, the kinds that clients name
// (client-protocol spec 6.1, 6.6). Plain values.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/ids.h"

namespace okapi {

// Independent and additive per connection, path and table.
struct WatchBits {
  static constexpr uint8_t kStandard = 1;    // goes with the first event
  static constexpr uint8_t kPersistent = 2;  // stays
  static constexpr uint8_t kRecursive = 4;   // stays, and hears of all below; data table only
};

// What checkWatches and removeWatches ask for; the numbers are the wire's.
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

// The modes of addWatch; the numbers are the wire's.
enum class AddWatchMode : int32_t { kPersistent = 0, kPersistentRecursive = 1 };

constexpr std::optional<AddWatchMode> add_watch_mode_of(int32_t number) {
  if (number < 0 || number > 1) return std::nullopt;
  return static_cast<AddWatchMode>(number);
}

}  // namespace okapi
