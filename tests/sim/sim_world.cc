#include "tests/sim/sim_world.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi::sim {

SimWorld::SimWorld(uint64_t seed, std::FILE* print) : seed_(seed), rng_(seed), trace_(print) {}

void SimWorld::at(MonoTime time, std::function<void()> what) {
  events_.emplace(std::make_pair(std::max(time, now_), next_event_++), std::move(what));
}

void SimWorld::withdraw(Runner& runner, std::optional<uint64_t> id) {
  std::erase_if(runnable_, [&](const Offer& offer) {
    return offer.runner == &runner && (!id.has_value() || offer.id == *id);
  });
}

// Events of this instant come before turns, so that all who became ready at once are in the draw.
bool SimWorld::do_next(MonoTime limit) {
  bool event_now = !events_.empty() && events_.begin()->first.first <= now_;
  if (!event_now && !runnable_.empty()) {
    run_one_turn();
    return true;
  }
  if (events_.empty() || events_.begin()->first.first > limit) return false;
  auto first = events_.extract(events_.begin());
  now_ = std::max(now_, first.key().first);
  first.mapped()();
  return true;
}

bool SimWorld::run_until(MonoTime time) {
  while (!failed() && do_next(time)) {
  }
  if (!failed()) now_ = std::max(now_, time);
  return !failed();
}

bool SimWorld::run_until(MonoTime time, const std::function<bool()>& done) {
  while (!failed()) {
    if (done()) return true;
    if (!do_next(time)) break;
  }
  if (!failed()) now_ = std::max(now_, time);
  return false;
}

void SimWorld::run_one_turn() {
  size_t pick = rng_.below(runnable_.size());
  Offer offer = runnable_[pick];
  runnable_[pick] = runnable_.back();
  runnable_.pop_back();
  count_turn();
  offer.runner->run_turn(offer.id);
}

void SimWorld::count_turn() {
  ++turns_;
  if (now_ - second_began_ >= Millis(1000)) {
    second_began_ = now_;
    turns_in_second_ = 0;
  }
  if (++turns_in_second_ > turns_per_second_max_) {
    fail("spinning", "too many turns within one virtual second");
  }
}

void SimWorld::fail(std::string_view rule, std::string_view text) {
  if (failed()) return;
  failure_ = fmt::format("{}: {}", rule, text);
  trace_.line(now_, "world", "FAILED {}", failure_);
}

}  // namespace okapi::sim
