// Who watches, and how: the watcher's handle, the mode bits, the kinds that clients name
// (client-protocol spec 6.1, 6.6). Plain values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "common/base/assert.h"

namespace okapi {

// One client connection: the worker that has it, its slot there, and the slot's generation, so that
// a late message never meets a new connection. Ordered by worker first.
class WatcherId {
 public:
  constexpr WatcherId() = default;
  constexpr explicit WatcherId(uint64_t value) : value_(value) {}
  static constexpr WatcherId make(uint32_t worker, uint32_t slot, uint32_t generation) {
    OKAPI_ASSERT(worker < (1u << 8) && slot < (1u << 24));
    return WatcherId((uint64_t{worker} << 56) | (uint64_t{slot} << 32) | generation);
  }
  constexpr uint64_t value() const { return value_; }
  constexpr uint32_t worker() const { return static_cast<uint32_t>(value_ >> 56); }
  constexpr uint32_t slot() const { return static_cast<uint32_t>(value_ >> 32) & 0x00ffffff; }
  constexpr uint32_t generation() const { return static_cast<uint32_t>(value_); }
  friend constexpr auto operator<=>(WatcherId, WatcherId) = default;

 private:
  uint64_t value_ = 0;
};

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

template <>
struct std::hash<okapi::WatcherId> {
  size_t operator()(okapi::WatcherId id) const noexcept {
    uint64_t x = id.value() * 0x9E3779B97F4A7C15ULL;
    return static_cast<size_t>(x ^ (x >> 32));
  }
};
