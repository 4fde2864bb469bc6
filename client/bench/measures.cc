#include "client/bench/measures.h"

#include "client/bench/process_usage.h"

namespace okapi::bench {

namespace {

double in_us(Nanos span) { return static_cast<double>(span.count()) / 1000.0; }

}  // namespace

void add_latency(Measures& out, const Histogram& latency) {
  if (latency.count() == 0) return;
  out.push_back({"p50_us", in_us(latency.percentile(0.5))});
  out.push_back({"p90_us", in_us(latency.percentile(0.9))});
  out.push_back({"p99_us", in_us(latency.percentile(0.99))});
  out.push_back({"p999_us", in_us(latency.percentile(0.999))});
  out.push_back({"max_us", in_us(latency.max())});
  out.push_back({"mean_us", in_us(latency.mean())});
}

void add_throughput(Measures& out, const Throughput& throughput) {
  auto operations = static_cast<double>(throughput.operations);
  out.push_back({"operations", operations});
  out.push_back({"ops_per_s", throughput.seconds > 0 ? operations / throughput.seconds : 0});
  if (throughput.cpu_seconds <= 0) return;
  out.push_back({"cpu_s", throughput.cpu_seconds});
  out.push_back({"ops_per_cpu_s", operations / throughput.cpu_seconds});
}

double cpu_seconds_of(const Target& target) {
  if (!target.pid.has_value()) return 0;
  auto time = cpu_time_of(*target.pid);
  return time.has_value() ? static_cast<double>(time->count()) / 1e9 : 0;
}

double rss_bytes_of(const Target& target) {
  if (!target.pid.has_value()) return 0;
  return static_cast<double>(rss_of(*target.pid).value_or(0));
}

}  // namespace okapi::bench
