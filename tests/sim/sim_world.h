// The simulated world: one virtual clock, one seed, one queue of events, and the stages of all
// nodes that could run now. One thread does everything; a seeded choice says which runnable stage
// is next, and time moves only when none is runnable. Nodes, disks and nets hang on to a world and
// must not outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/base/time.h"
#include "tests/sim/trace.h"

namespace okapi::sim {

// Something that offers turns to the world; `id` is the runner's own.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual void run_turn(uint64_t id) = 0;
};

class SimWorld {
 public:
  explicit SimWorld(uint64_t seed, std::FILE* print = nullptr);
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  // Time of the event or at the start of the step under way. Starts at one hour.
  MonoTime now() const { return now_; }
  Nanos elapsed() const { return now_ - kStart; }
  Rng& rng() { return rng_; }
  Trace& trace() { return trace_; }
  const Trace& trace() const { return trace_; }
  uint64_t seed() const { return seed_; }

  // Runs `what` at `time` (at once, if that is past), after all that was asked for the same time
  // before. Whoever asks makes sure that what the event touches still exists then.
  void at(MonoTime time, std::function<void()> what);
  void after(Nanos delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // A stage can run. The same (runner, id) must not be offered twice before its turn.
  void offer(Runner& runner, uint64_t id) { runnable_.push_back({&runner, id}); }
  // Takes back all offers of `runner`, or the one with `id`.
  void withdraw(Runner& runner, std::optional<uint64_t> id = std::nullopt);

  // Runs until `time`, or a failure. False after a failure.
  bool run_until(MonoTime time);
  bool run_for(Nanos span) { return run_until(now_ + span); }
  // Also ends, with true, as soon as `done` holds; false if it did not by `time`.
  bool run_until(MonoTime time, const std::function<bool()>& done);

  // A rule is broken: the run ends. The first one counts.
  void fail(std::string_view rule, std::string_view text);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  uint64_t turns() const { return turns_; }
  // More turns than this within one virtual second mean that a stage spins.
  void set_turns_per_second_max(uint64_t turns) { turns_per_second_max_ = turns; }

 private:
  struct Offer {
    Runner* runner;
    uint64_t id;
  };
  static constexpr MonoTime kStart{Nanos{3'600'000'000'000}};

  bool do_next(MonoTime limit);
  void run_one_turn();
  void count_turn();

  const uint64_t seed_;
  MonoTime now_ = kStart;
  Rng rng_;
  Trace trace_;
  // Keyed by time and order of asking.
  std::map<std::pair<MonoTime, uint64_t>, std::function<void()>> events_;
  uint64_t next_event_ = 0;
  std::vector<Offer> runnable_;
  std::string failure_;
  uint64_t turns_ = 0;
  uint64_t turns_per_second_max_ = 400'000;
  MonoTime second_began_ = kStart;
  uint64_t turns_in_second_ = 0;
};

}  // namespace okapi::sim
