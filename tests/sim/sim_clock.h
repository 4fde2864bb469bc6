// The clocks of one node: a monotonic one with an origin and a rate of its own, and a wall clock
// that may jump.
#pragma once

#include "common/env/clock.h"
#include "tests/sim/cost_meter.h"

namespace okapi::sim {

class SimClock final : public Clock {
 public:
  SimClock(const CostMeter& meter, Nanos origin, int64_t rate_ppm)
      : meter_(meter), origin_(origin), rate_ppm_(rate_ppm) {}

  MonoTime now() const override { return to_node(meter_.now()); }
  WallTime wall() const override {
    return WallTime{kWallStartMs + to_ms(meter_.now()) + wall_offset_.count()};
  }
  void jump_wall(Millis by) { wall_offset_ += by; }
  bool jumped() const { return wall_offset_ != Millis(0); }
  // Wall clock at world time 0.
  static constexpr int64_t kWallStartMs = 1'700'000'000'000;

  MonoTime to_node(MonoTime world) const {
    Nanos span = world.time_since_epoch();
    return MonoTime(origin_ + span + span / 1'000'000 * rate_ppm_);
  }
  // Never early: the node's clock has reached `node` by then.
  MonoTime to_world(MonoTime node) const {
    Nanos span = node.time_since_epoch() - origin_;
    MonoTime guess{span - span / (1'000'000 + rate_ppm_) * rate_ppm_};
    while (to_node(guess) < node) guess += node - to_node(guess) + Nanos(1);
    return guess;
  }

 private:
  const CostMeter& meter_;
  const Nanos origin_;
  const int64_t rate_ppm_;
  Millis wall_offset_{0};
};

}  // namespace okapi::sim
