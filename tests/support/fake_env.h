// The smallest Env that a stage runs in when a test is its scheduler: a clock that stands until it
// is set, a log that is kept, a disk in memory. A fatal error is an exception.
#pragma once

#include <string>
#include <vector>

#include "common/env/env.h"
#include "common/env/mailbox.h"
#include "tests/support/storage_world.h"

namespace okapi {

struct FatalExit {
  int code = 0;
  std::string why;
};

class FakeEnv final : public Env {
 public:
  Clock& clock() override { return world.clock; }
  Disk& disk() override { return image; }
  Net& net() override {
    if (sockets == nullptr) std::abort();
    return *sockets;
  }
  Resolver& resolver() override { std::abort(); }
  Scheduler& scheduler() override { std::abort(); }
  const Logger& log() override { return world.log; }
  uint64_t seed() override { return 1; }
  [[noreturn]] void fatal(int exit_code, std::string_view why) override {
    throw FatalExit{exit_code, std::string(why)};
  }
  Machine machine() const override { return facts; }
  StorageContext storage() { return world.over(image); }

  StorageWorld world;
  ImageDisk image;
  Machine facts;
  Net* sockets = nullptr;  // of tests that have some
};

class FakeBell final : public Bell {
 public:
  void ring(bool heavy) override {
    ++rings;
    heavy_rings += heavy ? 1 : 0;
  }
  int rings = 0, heavy_rings = 0;
};

// A box that a test reads, and the sink into it.
template <class T>
struct Outlet {
  Outlet() { box.attach(bell); }
  Sink<T> sink() { return Sink<T>(box); }
  std::vector<T> take() {
    std::vector<T> out;
    box.drain(out);
    return out;
  }
  FakeBell bell;
  Mailbox<T> box;
};

// One step at the time of `env`'s clock.
inline Turn step(Stage& stage, FakeEnv& env, bool borrowed = false) {
  Turn turn(env.world.clock.time, borrowed);
  stage.step(turn);
  return turn;
}

}  // namespace okapi
