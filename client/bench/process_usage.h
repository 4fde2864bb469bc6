// What another process uses, read from the kernel. Any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace okapi::bench {

// CPU time of all threads of the process so far; nothing if there is no such process.
std::optional<Nanos> cpu_time_of(int pid);
// Resident memory in bytes.
std::optional<int64_t> rss_of(int pid);

}  // namespace okapi::bench
