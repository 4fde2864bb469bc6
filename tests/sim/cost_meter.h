// What the step under way has spent of virtual time. A blocking call does not stop the world: it
// adds its price here, and the scheduler keeps the stage (and its mail) back until the sum is
// paid. One per node.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "tests/sim/sim_world.h"

namespace okapi::sim {

class CostMeter {
 public:
  explicit CostMeter(const SimWorld& world) : world_(world) {}

  // Called once per step, at the first price: from then on mail is held.
  void on_first_price(std::function<void()> what) { on_first_price_ = std::move(what); }

  // The hour as the step under way sees it.
  MonoTime now() const { return world_.now() + spent_; }
  Nanos spent() const { return spent_; }
  void spend(Nanos price) {
    if (price <= Nanos(0)) return;
    bool first = spent_ == Nanos(0);
    spent_ += price;
    if (first && on_first_price_) on_first_price_();
  }
  // Waits for what another stage has begun and not yet paid.
  void wait_until(MonoTime time) { spend(time - now()); }
  void reset() { spent_ = Nanos(0); }

 private:
  const SimWorld& world_;
  Nanos spent_{0};
  std::function<void()> on_first_price_;
};

}  // namespace okapi::sim
