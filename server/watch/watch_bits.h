// How one connection watches one path. Plain values.
#pragma once

#include <cstdint>

namespace okapi {

// Independent and additive per connection, path and table.
struct WatchBits {
  static constexpr uint8_t kStandard = 1;    // goes with the first event
  static constexpr uint8_t kPersistent = 2;  // stays
  static constexpr uint8_t kRecursive = 4;   // stays, and hears of all below; data table only
};

}  // namespace okapi
