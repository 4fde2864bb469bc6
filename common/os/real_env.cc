#include "common/os/real_env.h"

#include <signal.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace okapi {
namespace {

int64_t nanoseconds(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

MonoTime SystemClock::now() const { return MonoTime(Nanos(nanoseconds(CLOCK_MONOTONIC))); }
WallTime SystemClock::wall() const { return WallTime{nanoseconds(CLOCK_REALTIME) / 1'000'000}; }

RealEnv::RealEnv(const std::string& myid, LogLevel lowest)
    : scheduler_(clock_), sink_(make_console_log(myid)), log_(*sink_, lowest) {}

uint64_t RealEnv::seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) {
    seed = static_cast<uint64_t>(nanoseconds(CLOCK_MONOTONIC));
  }
  return seed;
}

std::string RealEnv::process_name() const { return std::to_string(getpid()); }

void RealEnv::fatal(int exit_code, std::string_view why) {
  OKAPI_ERROR(log_, "Severe unrecoverable error, exiting with code {}: {}", exit_code, why);
  log_.flush();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  // Other threads run on: no destructor may pull the ground from under them.
  _exit(exit_code);
}

void block_stop_signals() {
  sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int wait_for_stop_signal() {
  sigset_t set = stop_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

}  // namespace okapi
