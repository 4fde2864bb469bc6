// The request throttler (client-protocol spec 10.3): while the pipeline holds as many requests as
// it may, further ones wait here in the order of receipt, with the identities they came with.
// Handshakes do not wait. A part of its Selector; that thread only, counters any.
#pragma once

#include <deque>
#include <vector>

#include "server/request/commit_worker.h"

namespace okapi {

class RequestThrottle {
 public:
  RequestThrottle(const RequestConfig& config, const Admission& admission)
      : config_(config), admission_(admission) {}

  // Whether a request that came now waits: for room, or behind others that do.
  bool must_wait() const { return is_on() && (!waiting_.empty() || !has_room()); }
  void add(RequestPtr request) { waiting_.push_back(std::move(request)); }
  size_t size() const { return waiting_.size(); }

  enum class Verdict {
    kStall,  // no room, or not its turn: look again after stall_time
    kRun,
    kRefuse,  // it waited for too long: answered ThrottledOp, not executed
    kStale,   // older than its session's timeout: dropped, and its connection ends
  };
  // What to do with the oldest one.
  const RequestPtr& front() const { return waiting_.front(); }
  // `alone`: nothing of its connection is in the pipeline, so that a refusal is in its turn.
  Verdict judge_front(int32_t session_timeout_ms, bool alone, MonoTime now);
  // Takes it out after kRun or kRefuse.
  RequestPtr take_front(MonoTime now);

  // The connection ended: takes out what it left and gives what is executed all the same. That is a
  // closeSession, and everything if stale requests are not dropped.
  std::vector<RequestPtr> take_left_by(ConnectionId connection);
  // After kStale: nothing of the connection is executed.
  void drop_all_of(ConnectionId connection);

  Millis stall_time() const { return Millis(config_.throttle_stall_time_ms); }

  struct Metrics {
    Counter stalls, refused, stale, stale_dropped;
    PercentileSummary waited_ms;
  };
  Metrics& metrics() { return metrics_; }

 private:
  bool is_on() const { return config_.throttle_requests_max > 0; }
  bool has_room() const {
    return admission_.outstanding.load(std::memory_order_relaxed) < config_.throttle_requests_max;
  }

  const RequestConfig& config_;
  const Admission& admission_;
  std::deque<RequestPtr> waiting_;
  Metrics metrics_;
};

}  // namespace okapi
