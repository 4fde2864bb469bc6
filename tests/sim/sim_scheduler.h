// The scheduler of one simulated node: offers its ready stages to the world, runs one step when
// chosen, keeps the stage busy until what the step cost is paid, and holds its mail until then. It
// lives as long as the node, over many starts of the program; ids of enrolments are never reused.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/env/scheduler.h"
#include "tests/sim/sim_clock.h"
#include "tests/sim/sim_exit.h"

namespace okapi::sim {

class SimPoller;

struct SchedulerOptions {
  // CPU time of a step, drawn from this range; it delays the stage, not its mail.
  Nanos step_min = Micros(1);
  Nanos step_max = Micros(15);
  // One in so many steps is followed by a stall of the thread of up to stall_max.
  uint32_t stall_one_in = 400;
  Nanos stall_max = Millis(2);
  // One in so many steps is followed by one more without a reason.
  uint32_t spurious_one_in = 200;
};

class SimScheduler final : public Scheduler, public Runner {
 public:
  // `on_exit` is told when a step ended in Env::fatal; the node must stop().
  SimScheduler(SimWorld& world, CostMeter& meter, const SimClock& clock, std::string node,
               const SchedulerOptions& options, std::function<void(const SimExit&)> on_exit);
  ~SimScheduler() override;

  Bell& enroll(Stage& stage, const StageOptions& options) override;
  void retire(Stage& stage) override;

  // Runs `what` as the program's main thread would: disk calls in it cost time, and no stage runs
  // before that is paid. False if it ended in Env::fatal.
  bool boot(const std::function<void()>& what);
  // Forgets all stages and all mail that has not left. The stages are not touched any more, so
  // they may be destroyed afterwards.
  void stop();
  // Stops all threads until `time` (SIGSTOP). Sockets and timers go on.
  void pause_until(MonoTime time) { paused_until_ = time; }

  size_t stages() const { return slots_.size(); }
  // One line per stage into the trace: what each waits for. For a run that got stuck.
  void trace_stages() const;
  // Slots enrolled by name, for tests.
  bool has_home(const std::string& home) const;

  void run_turn(uint64_t id) override;
  // From a bell or poller: the stage has a reason to step.
  void make_ready(uint64_t id);

 private:
  class SimBell;
  struct Slot {
    Stage* stage = nullptr;
    StageOptions options;
    std::shared_ptr<SimBell> bell;
    bool wanted = false;   // a reason to step came since its last step began
    bool offered = false;  // the world has it among the runnable
    bool busy = false;     // in its step, or its step is not yet paid
    MonoTime busy_until{};
    uint64_t timer = 0;  // which deadline counts; older ones are forgotten
  };

  void offer_if_ready(uint64_t id, Slot& slot);
  Turn begin_turn(Slot& slot);
  void end_turn(uint64_t id, const Turn& turn);
  void exit_when_paid(uint64_t id, const SimExit& exit);
  void free_at(uint64_t id, Slot& slot, MonoTime time);
  Nanos step_price();
  void hold_all(bool hold);

  SimWorld& world_;
  CostMeter& meter_;
  const SimClock& clock_;
  const std::string node_;
  const SchedulerOptions options_;
  const std::function<void(const SimExit&)> on_exit_;
  std::map<uint64_t, Slot> slots_;
  std::map<Stage*, uint64_t> ids_;
  uint64_t next_id_ = 1;
  uint64_t next_timer_ = 1;
  std::optional<uint64_t> running_;
  bool lent_ = false;  // the last step lent its thread to a waiting stage
  MonoTime paused_until_{};
};

}  // namespace okapi::sim
