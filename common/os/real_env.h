// The Env of a real process.
#pragma once

#include <memory>
#include <string>

#include "common/env/env.h"
#include "common/os/asio_net.h"
#include "common/os/posix_disk.h"
#include "common/os/system_resolver.h"
#include "common/os/thread_scheduler.h"

namespace okapi {

class SystemClock final : public Clock {
 public:
  MonoTime now() const override;
  WallTime wall() const override;
};

class RealEnv final : public Env {
 public:
  // `myid` is shown in each log line; empty for a standalone server.
  RealEnv(const std::string& myid, LogLevel lowest);

  Clock& clock() override { return clock_; }
  Disk& disk() override { return disk_; }
  Net& net() override { return net_; }
  Resolver& resolver() override { return resolver_; }
  Scheduler& scheduler() override { return scheduler_; }
  const Logger& log() override { return log_; }
  uint64_t seed() override;
  std::string process_name() const override;
  Machine machine() const override;
  [[noreturn]] void fatal(int exit_code, std::string_view why) override;

 private:
  static Machine local_zone();

  const Machine zone_ = local_zone();  // the zone's fields only
  SystemClock clock_;
  PosixDisk disk_;
  AsioNet net_;
  SystemResolver resolver_;
  ThreadScheduler scheduler_;
  std::unique_ptr<LogSink> sink_;
  Logger log_;
};

// Blocks SIGINT and SIGTERM in this thread and those it starts later. Before any thread starts.
void block_stop_signals();
// Waits for one of them and gives its number.
int wait_for_stop_signal();

}  // namespace okapi
