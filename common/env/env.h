// The door to the world: everything a server needs that is not computation. One per server.
#pragma once

#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/env/clock.h"
#include "common/env/disk.h"
#include "common/env/net.h"
#include "common/env/resolver.h"
#include "common/env/scheduler.h"

namespace okapi {

// Facts about machine and process, for operators only. Empty or 0 where nobody knows.
struct Machine {
  std::string host_name, os_name, os_arch, os_version;
  std::string user_name, user_home, user_dir, tmp_dir;
  int64_t memory_free_mb = 0, memory_max_mb = 0, memory_total_mb = 0;
  int64_t open_descriptors = 0, max_descriptors = 0;
  std::string zone_name = "UTC";
  int32_t zone_offset_s = 0;  // east of Greenwich
};

class Env {
 public:
  virtual ~Env() = default;
  virtual Clock& clock() = 0;
  virtual Disk& disk() = 0;
  virtual Net& net() = 0;
  virtual Resolver& resolver() = 0;
  virtual Scheduler& scheduler() = 0;
  virtual const Logger& log() = 0;
  // A seed for one more generator. Any thread.
  virtual uint64_t seed() = 0;
  // Names the process in lock files: its number.
  virtual std::string process_name() const { return "0"; }
  // Waits for the disk a little: not from a stage that must not.
  virtual Machine machine() const { return {}; }
  // The world is past repair (a failed log write): says why and ends the process with `exit_code`.
  // In the simulator it unwinds to the scheduler by the only exception of the house.
  [[noreturn]] virtual void fatal(int exit_code, std::string_view why) = 0;
};

}  // namespace okapi
