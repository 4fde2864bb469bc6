// Time as values. Nobody in L3 to L7 reads a clock: time comes in through Turn or Clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace okapi {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;
using Nanos = std::chrono::nanoseconds;

// The monotonic clock of one process; only differences mean something.
struct MonoClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock, Nanos>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

// Milliseconds since 1970, as ctime and mtime hold them.
struct WallTime {
  int64_t ms = 0;
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

constexpr int64_t to_ms(Nanos span) { return std::chrono::duration_cast<Millis>(span).count(); }
constexpr int64_t to_ms(MonoTime time) { return to_ms(time.time_since_epoch()); }

}  // namespace okapi
