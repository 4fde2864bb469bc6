#include "client/bench/steady_run.h"

#include <sys/prctl.h>

#include <algorithm>
#include <barrier>
#include <memory>
#include <thread>

#include "client/bench/link_group.h"
#include "client/bench/request_source.h"

namespace okapi::bench {

namespace {

constexpr Millis kDrainMax{30'000};

Nanos in_nanos(double seconds) { return Nanos(static_cast<int64_t>(seconds * 1e9)); }

// When the counted part of a run begins and ends; shared by all its threads.
struct Window {
  MonoTime begin{}, end = MonoTime::max();
};

// One thread's part of a run.
class Worker {
 public:
  Worker(const BenchOptions& options, const Address& address, size_t index, size_t round)
      : options_(options),
        source_(options, index, options.seed + round * 1000 + index),
        links_(address, share_of(options.connections, index),
               {.timeout = options.session_timeout, .keep_watches = false}),
        operations_(share_of(options.operations, index)),
        rate_(options.rate / static_cast<double>(options.threads)) {}

  Status open(bool first) {
    OKAPI_TRY(links_.open());
    if (first) OKAPI_TRY(source_.prepare_shared(links_));
    return source_.prepare(links_);
  }

  void run(const Window& window) {
    window_ = window;
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (rate_ > 0) {
      run_open_loop();
    } else {
      run_closed_loop();
    }
    drain();
  }

  Status finish() {
    Status cleaned = links_.has_failed() ? Status(Error{ErrorKind::kClosed, links_.failure()})
                                         : source_.clean(links_);
    links_.close();
    return cleaned;
  }

  const Histogram& latency() const { return latency_; }
  uint64_t errors() const { return errors_; }
  uint64_t unanswered() const { return unanswered_; }
  MonoTime last_reply() const { return last_reply_; }

 private:
  uint64_t share_of(uint64_t total, size_t index) const {
    return total / options_.threads + (index < total % options_.threads ? 1 : 0);
  }

  static uint64_t tag_of(MonoTime time) {
    return static_cast<uint64_t>(time.time_since_epoch().count());
  }

  // Counts a reply; `asked` is when it was sent or, in the open loop, due.
  void count(const Delivery& delivery, MonoTime time) {
    if (delivery.kind != Delivery::Kind::kReply) return;
    MonoTime asked{Nanos(static_cast<int64_t>(delivery.tag))};
    MonoTime placed = rate_ > 0 ? asked : time;
    if (placed < window_.begin || placed >= window_.end) return;
    latency_.record(time - asked);
    last_reply_ = time;
    if (delivery.err != ErrorCode::kOk) ++errors_;
  }

  bool is_over(MonoTime time) const {
    if (links_.has_failed()) return true;
    return operations_ > 0 ? latency_.count() >= operations_ : time >= window_.end;
  }

  void run_closed_loop() {
    MonoTime time = now();
    for (size_t i = 0; i < links_.size(); ++i) {
      for (size_t d = 0; d < options_.depth; ++d) source_.issue(links_.session(i), tag_of(time));
      links_.mark(i);
    }
    links_.flush_marked(time);
    while (!is_over(time)) {
      links_.turn(window_.end, [&](size_t index, const Delivery& delivery, MonoTime received) {
        count(delivery, received);
        if (!is_over(received)) source_.issue(links_.session(index), tag_of(received));
      });
      time = now();
    }
  }

  void run_open_loop() {
    Nanos interval = in_nanos(1 / rate_);
    MonoTime due = now();
    size_t index = 0;
    uint64_t issued = 0;
    MonoTime time = due;
    while (time < window_.end && !links_.has_failed() &&
           (operations_ == 0 || issued < operations_)) {
      for (; due <= time && due < window_.end; due += interval, ++issued) {
        source_.issue(links_.session(index), tag_of(due));
        links_.mark(index);
        index = (index + 1) % links_.size();
      }
      links_.flush_marked(time);
      links_.turn(std::min(due, window_.end),
                  [&](size_t, const Delivery& delivery, MonoTime t) { count(delivery, t); });
      time = now();
    }
  }

  void drain() {
    MonoTime limit = now() + kDrainMax;
    while (!links_.has_failed() && now() < limit) {
      unanswered_ = 0;
      for (size_t i = 0; i < links_.size(); ++i) unanswered_ += links_.session(i).in_flight();
      if (unanswered_ == 0) return;
      links_.turn(limit, [&](size_t, const Delivery& delivery, MonoTime t) { count(delivery, t); });
    }
  }

  const BenchOptions& options_;
  RequestSource source_;
  LinkGroup links_;
  uint64_t operations_;
  double rate_;
  Window window_;
  Histogram latency_;
  uint64_t errors_ = 0;
  uint64_t unanswered_ = 0;
  MonoTime last_reply_{};
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// Lets all workers run from the same moment on. Returns the CPU seconds that the server used in the
// counted part: this thread wakes at its two ends.
double run_together(Workers& workers, const BenchOptions& options, const Target& target,
                    Window& window) {
  std::barrier start(static_cast<std::ptrdiff_t>(workers.size()) + 1);
  std::vector<std::thread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&start, &window, &worker = *worker] {
      start.arrive_and_wait();
      worker.run(window);
    });
  }
  window.begin = now() + in_nanos(options.warm_up_seconds);
  if (options.operations == 0) window.end = window.begin + in_nanos(options.seconds);
  start.arrive_and_wait();
  std::this_thread::sleep_for(window.begin - now());
  double before = cpu_seconds_of(target);
  double after = 0;
  if (options.operations == 0) {
    std::this_thread::sleep_for(window.end - now());
    after = cpu_seconds_of(target);
  }
  for (auto& thread : threads) thread.join();
  return (options.operations == 0 ? after : cpu_seconds_of(target)) - before;
}

Measures measures_of(const Workers& workers, const Window& window, double cpu_seconds) {
  Histogram latency;
  uint64_t errors = 0;
  uint64_t unanswered = 0;
  MonoTime last = window.begin;
  for (const auto& worker : workers) {
    latency.merge(worker->latency());
    errors += worker->errors();
    unanswered += worker->unanswered();
    last = std::max(last, worker->last_reply());
  }
  MonoTime end = window.end == MonoTime::max() ? last : window.end;
  Measures out;
  add_throughput(out, {.operations = latency.count(),
                       .seconds = static_cast<double>((end - window.begin).count()) / 1e9,
                       .cpu_seconds = cpu_seconds});
  add_latency(out, latency);
  out.push_back({"errors", static_cast<double>(errors)});
  out.push_back({"unanswered", static_cast<double>(unanswered)});
  return out;
}

}  // namespace

Result<Measures> run_steady(const BenchOptions& options, const Target& target, size_t round) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  Workers workers;
  for (size_t i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(options, *address, i, round));
    OKAPI_TRY(workers.back()->open(i == 0));
  }
  Window window;
  double cpu_seconds = run_together(workers, options, target, window);
  Measures out = measures_of(workers, window, cpu_seconds);
  for (auto& worker : workers) OKAPI_TRY(worker->finish());
  out.push_back({"rss_mb", rss_bytes_of(target) / 1e6});
  return out;
}

}  // namespace okapi::bench
