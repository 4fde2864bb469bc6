// The door of one simulated server process to its world. Made for each start of the program, over
// the clock, disk and net of its node, which stay.
#pragma once

#include <string>

#include "common/env/env.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_exit.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_resolver.h"
#include "tests/sim/sim_scheduler.h"

namespace okapi::sim {

class SimEnv final : public Env, public LogSink {
 public:
  SimEnv(SimWorld& world, SimClock& clock, SimDisk& disk, SimNic& nic, SimScheduler& scheduler,
         std::string node)
      : world_(world),
        clock_(clock),
        disk_(disk),
        nic_(nic),
        resolver_(nic),
        scheduler_(scheduler),
        node_(std::move(node)),
        log_(*this, LogLevel::kInfo) {}

  Clock& clock() override { return clock_; }
  Disk& disk() override { return disk_; }
  Net& net() override { return nic_; }
  Resolver& resolver() override { return resolver_; }
  Scheduler& scheduler() override { return scheduler_; }
  const Logger& log() override { return log_; }
  uint64_t seed() override { return world_.rng().next(); }
  [[noreturn]] void fatal(int exit_code, std::string_view why) override {
    throw SimExit{exit_code, std::string(why)};
  }

  void write(LogLevel level, std::string_view, int, std::string_view text) override;
  void flush() override {}

 private:
  SimWorld& world_;
  SimClock& clock_;
  SimDisk& disk_;
  SimNic& nic_;
  SimResolver resolver_;
  SimScheduler& scheduler_;
  const std::string node_;
  const Logger log_;
};

}  // namespace okapi::sim
