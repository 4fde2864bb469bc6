#include "common/base/assert.h"
#include "common/os/home_thread.h"

namespace okapi {

void ThreadScheduler::Cell::ring(bool heavy) {
  State state = state_.load();
  for (;;) {
    if (state == State::kIdle) {
      if (state_.compare_exchange_weak(state, State::kReady)) break;
    } else if (state == State::kRunning) {
      if (state_.compare_exchange_weak(state, State::kRunningMail)) return;
    } else {
      return;
    }
  }
  Context& context = Context::mine();
  if (context.in_step && context.home == home_.get()) {
    context.own.push_back(shared_from_this());
  } else if (context.in_step && !heavy && lending_ != Lending::kHomeOnly) {
    context.pending.push_back(shared_from_this());
  } else {
    home_->enqueue(shared_from_this());
  }
}

ThreadScheduler::Cell::Outcome ThreadScheduler::Cell::run(const Clock& clock, bool borrowed) {
  State ready = State::kReady;
  if (retiring_.load() || !state_.compare_exchange_strong(ready, State::kRunning)) return {};
  deadline_ns_.store(kNever, std::memory_order_relaxed);
  Turn turn(clock.now(), borrowed);
  Context& context = Context::mine();
  context.running = this;
  stage_.step(turn);
  context.running = nullptr;
  int64_t deadline = kNever;
  if (turn.deadline().has_value()) {
    deadline = turn.deadline()->time_since_epoch().count();
    deadline_ns_.store(deadline, std::memory_order_relaxed);
  }
  State running = State::kRunning;
  bool more = turn.wants_again() || !state_.compare_exchange_strong(running, State::kIdle);
  if (more) state_.store(State::kReady);
  // Only now: a home that looks at a timer already due while the turn runs cannot make it ready.
  if (borrowed && deadline != kNever) home_->note_deadline(deadline);
  return {more, turn.lends_to_waiting()};
}

ThreadScheduler::Cell::Claim ThreadScheduler::Cell::claim() {
  State state = state_.load();
  for (;;) {
    switch (state) {
      case State::kIdle:
        if (state_.compare_exchange_weak(state, State::kReady)) return Claim::kReady;
        break;
      case State::kRunning:
        if (state_.compare_exchange_weak(state, State::kRunningMail)) return Claim::kWithGuest;
        break;
      case State::kReady:
        return Claim::kReady;
      case State::kRunningMail:
        return Claim::kWithGuest;
      case State::kRetired:
        return Claim::kRetired;
    }
  }
}

void ThreadScheduler::Cell::retire() {
  OKAPI_ASSERT(Context::mine().running != this);  // it would wait for itself
  retiring_.store(true);  // a stage that always wants more shall not win every race for its word
  for (;;) {
    State state = state_.load();
    if (state == State::kRunning || state == State::kRunningMail) {
      std::this_thread::yield();
    } else if (state_.compare_exchange_weak(state, State::kRetired)) {
      return;
    }
  }
}

}  // namespace okapi
