#include "client/bench/watch_run.h"

#include <algorithm>

#include "client/bench/link_group.h"
#include "client/bench/request_source.h"

namespace okapi::bench {

namespace {

constexpr Millis kEventsMax{30'000};

class WatchRun {
 public:
  // Link 0 writes; the others watch.
  WatchRun(const BenchOptions& options, const Address& address)
      : options_(options),
        links_(address, options.connections + 1,
               {.timeout = options.session_timeout, .keep_watches = false}),
        path_(options.base + "/watched"),
        data_(options.data_bytes, 'w') {}

  Status run(const Target& target) {
    OKAPI_TRY(links_.open());
    OKAPI_TRY(create_with_parents(links_, path_));
    double cpu_before = cpu_seconds_of(target);
    MonoTime begin = now();
    MonoTime end = begin + Nanos(static_cast<int64_t>(options_.seconds * 1e9));
    for (uint64_t i = 0; options_.operations > 0 ? i < options_.operations : now() < end; ++i) {
      OKAPI_TRY(arm());
      OKAPI_TRY(fire());
    }
    cpu_seconds_ = cpu_seconds_of(target) - cpu_before;
    links_.close();
    return {};
  }

  Measures measures() const {
    Measures out;
    out.push_back({"operations", static_cast<double>(last_event_.count())});
    out.push_back({"events", static_cast<double>(event_.count())});
    out.push_back({"cpu_s", cpu_seconds_});
    add_latency(out, last_event_);
    out.push_back({"event_p50_us", static_cast<double>(event_.percentile(0.5).count()) / 1e3});
    out.push_back({"event_p99_us", static_cast<double>(event_.percentile(0.99).count()) / 1e3});
    return out;
  }

 private:
  Status arm() {
    for (size_t i = 1; i < links_.size(); ++i) {
      links_.session(i).get_data(path_, Watch::kYes);
      links_.mark(i);
    }
    links_.flush_marked(now());
    return wait_for(links_.size() - 1, Delivery::Kind::kReply, [](MonoTime) {});
  }

  // The writer's own reply is waited for too, so that no set meets the next arming.
  Status fire() {
    MonoTime sent = now();
    MonoTime last = sent;
    links_.session(0).set_data(path_, ByteView(data_));
    links_.mark(0);
    links_.flush_marked(sent);
    OKAPI_TRY(wait_for(links_.size() - 1, Delivery::Kind::kEvent, [&](MonoTime time) {
      last = std::max(last, time);
      event_.record(time - sent);
    }));
    last_event_.record(last - sent);
    if (links_.session(0).in_flight() == 0) return {};
    return wait_for(1, Delivery::Kind::kReply, [](MonoTime) {});
  }

  template <class OnWanted>
  Status wait_for(size_t count, Delivery::Kind kind, OnWanted&& on_wanted) {
    MonoTime limit = now() + kEventsMax;
    while (count > 0 && !links_.has_failed() && now() < limit) {
      links_.turn(limit, [&](size_t, const Delivery& delivery, MonoTime time) {
        if (delivery.kind != kind || count == 0) return;
        --count;
        on_wanted(time);
      });
    }
    if (links_.has_failed()) return Error{ErrorKind::kClosed, links_.failure()};
    if (count > 0) return Error{ErrorKind::kBusy, "events or replies missing after 30 s"};
    return {};
  }

  const BenchOptions& options_;
  LinkGroup links_;
  std::string path_;
  std::string data_;
  Histogram last_event_;
  Histogram event_;
  double cpu_seconds_ = 0;
};

}  // namespace

Result<Measures> run_watch(const BenchOptions& options, const Target& target) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  WatchRun run(options, *address);
  OKAPI_TRY(run.run(target));
  return run.measures();
}

}  // namespace okapi::bench
