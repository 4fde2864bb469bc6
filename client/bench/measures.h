// What one run against one server found: named numbers, in the order they are shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/bench/bench_options.h"
#include "client/bench/histogram.h"
#include "common/base/result.h"

namespace okapi::bench {

struct Measure {
  std::string name;  // with its unit last: "p99_us"
  double value = 0;
};

using Measures = std::vector<Measure>;

// p50, p90, p99, p99.9, max and mean of the histogram in microseconds.
void add_latency(Measures& out, const Histogram& latency);
// Operations, per second, and, with the server's CPU time known, per second of that.
struct Throughput {
  uint64_t operations = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // 0: not known
};
void add_throughput(Measures& out, const Throughput& throughput);
// CPU time and memory of a server process; zero without a pid.
double cpu_seconds_of(const Target& target);
double rss_bytes_of(const Target& target);

}  // namespace okapi::bench
