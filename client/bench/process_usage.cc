#include "client/bench/process_usage.h"

#include <time.h>

#include <fstream>
#include <string>

namespace okapi::bench {

std::optional<Nanos> cpu_time_of(int pid) {
  // The process's CPU clock counts nanoseconds; /proc/pid/stat only ticks of 10 ms.
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

std::optional<int64_t> rss_of(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoll(line.substr(6)) * 1024;
  }
  return std::nullopt;
}

}  // namespace okapi::bench
