#include "client/bench/session_runs.h"

#include <spdlog/fmt/fmt.h>

#include <thread>
#include <vector>

#include "client/bench/link_group.h"

namespace okapi::bench {

namespace {

constexpr uint64_t kDefaultBursts = 10;
constexpr Millis kBurstMax{30'000};
// For the server's allocator and the kernel to come to rest before memory is read.
constexpr Millis kSettle{1'000};

ClientSession::Options session_options(const BenchOptions& options) {
  return {.timeout = options.session_timeout, .keep_watches = false};
}

double seconds_between(MonoTime begin, MonoTime end) {
  return static_cast<double>((end - begin).count()) / 1e9;
}

Nanos in_nanos(double seconds) { return Nanos(static_cast<int64_t>(seconds * 1e9)); }

// One burst: records each handshake's time since the common start.
Status burst(LinkGroup& links, Histogram& latency) {
  MonoTime begin = now();
  for (size_t i = 0; i < links.size(); ++i) OKAPI_TRY(links.dial(i));
  size_t waiting = links.size();
  while (waiting > 0 && !links.has_failed() && now() < begin + kBurstMax) {
    links.turn(begin + kBurstMax, [&](size_t, const Delivery& delivery, MonoTime time) {
      if (delivery.kind != Delivery::Kind::kConnected) return;
      latency.record(time - begin);
      --waiting;
    });
  }
  if (links.has_failed()) return Error{ErrorKind::kClosed, links.failure()};
  if (waiting > 0) return Error{ErrorKind::kBusy, fmt::format("{} handshakes missing", waiting)};
  return {};
}

}  // namespace

Result<Measures> run_handshakes(const BenchOptions& options, const Target& target) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  uint64_t bursts = options.operations > 0 ? options.operations : kDefaultBursts;
  Histogram latency;
  double cpu_before = cpu_seconds_of(target);
  for (uint64_t i = 0; i < bursts; ++i) {
    LinkGroup links(*address, options.connections, session_options(options));
    OKAPI_TRY(burst(links, latency));
    links.close();
  }
  Measures out;
  out.push_back({"operations", static_cast<double>(latency.count())});
  out.push_back({"cpu_s", cpu_seconds_of(target) - cpu_before});
  add_latency(out, latency);
  return out;
}

Result<Measures> run_connect(const BenchOptions& options, const Target& target) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  LinkGroup links(*address, options.connections, session_options(options));
  Histogram latency;
  std::vector<size_t> closed;
  double cpu_before = cpu_seconds_of(target);
  MonoTime begin = now();
  MonoTime end = begin + in_nanos(options.seconds);
  for (size_t i = 0; i < links.size(); ++i) OKAPI_TRY(links.dial(i));
  MonoTime time = begin;
  while (!links.has_failed() &&
         (options.operations > 0 ? latency.count() < options.operations : time < end)) {
    links.turn(time + kBurstMax, [&](size_t index, const Delivery& delivery, MonoTime received) {
      if (delivery.kind == Delivery::Kind::kConnected) {
        latency.record(received - links.link(index).dialed);
        links.session(index).close();
      }
      if (delivery.kind == Delivery::Kind::kClosed) closed.push_back(index);
    });
    for (size_t index : closed) OKAPI_TRY(links.redial(index));
    closed.clear();
    time = now();
  }
  if (links.has_failed()) return Error{ErrorKind::kClosed, links.failure()};
  Measures out;
  add_throughput(out, {.operations = latency.count(),
                       .seconds = seconds_between(begin, time),
                       .cpu_seconds = cpu_seconds_of(target) - cpu_before});
  add_latency(out, latency);
  links.close();
  return out;
}

Result<Measures> run_idle(const BenchOptions& options, const Target& target) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  double rss_before = rss_bytes_of(target);
  LinkGroup links(*address, options.connections, session_options(options));
  MonoTime begin = now();
  OKAPI_TRY(links.open());
  double open_seconds = seconds_between(begin, now());
  std::this_thread::sleep_for(kSettle);
  double rss = rss_bytes_of(target);

  double cpu_before = cpu_seconds_of(target);
  begin = now();
  MonoTime end = begin + in_nanos(options.seconds);
  while (now() < end && !links.has_failed()) {
    links.turn(end, [](size_t, const Delivery&, MonoTime) {});
  }
  if (links.has_failed()) return Error{ErrorKind::kClosed, links.failure()};
  double cpu = cpu_seconds_of(target) - cpu_before;
  Measures out;
  auto sessions = static_cast<double>(options.connections);
  out.push_back({"operations", sessions});
  out.push_back({"open_per_s", sessions / open_seconds});
  out.push_back({"rss_before_mb", rss_before / 1e6});
  out.push_back({"rss_mb", rss / 1e6});
  out.push_back({"rss_per_session_bytes", (rss - rss_before) / sessions});
  out.push_back({"cpu_percent", 100 * cpu / seconds_between(begin, now())});
  links.close();
  return out;
}

}  // namespace okapi::bench
