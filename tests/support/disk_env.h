// What a test needs to step one stage that waits for the disk: an Env over a test's disk and clock,
// and a bell that nobody hears.
#pragma once

#include <stdexcept>

#include "common/env/env.h"
#include "tests/support/storage_world.h"

namespace okapi {

struct Fatal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class TestEnv final : public Env {
 public:
  TestEnv(Disk& disk, StorageWorld& world) : disk_(disk), world_(world) {}
  Clock& clock() override { return world_.clock; }
  Disk& disk() override { return disk_; }
  Net& net() override { throw std::logic_error("no net"); }
  Resolver& resolver() override { throw std::logic_error("no names"); }
  Scheduler& scheduler() override { throw std::logic_error("no scheduler"); }
  const Logger& log() override { return world_.log; }
  uint64_t seed() override { return 1; }
  [[noreturn]] void fatal(int exit_code, std::string_view why) override {
    throw Fatal(std::to_string(exit_code) + " " + std::string(why));
  }

 private:
  Disk& disk_;
  StorageWorld& world_;
};

class QuietBell final : public Bell {
 public:
  void ring(bool) override { ++rings; }
  int rings = 0;
};

}  // namespace okapi
