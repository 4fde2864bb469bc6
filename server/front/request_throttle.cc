#include "server/front/request_throttle.h"

#include <algorithm>

namespace okapi {

RequestThrottle::Verdict RequestThrottle::judge_front(int32_t session_timeout_ms, bool alone,
                                                      MonoTime now) {
  const RequestView& request = *front();
  int64_t waited_ms = to_ms(now - request.received);
  bool ends_session = request.op == OpCode::kCloseSession;
  bool stale = config_.stale_latency_check && waited_ms > session_timeout_ms && !ends_session;
  if (stale && config_.throttle_drop_stale) {
    metrics_.stale_dropped.add();
    return Verdict::kStale;
  }
  bool refusable = request.op != OpCode::kPing && !ends_session;
  int32_t wait_max_ms = config_.throttled_op_wait_time_ms;
  bool refused = refusable && wait_max_ms > 0 && waited_ms > wait_max_ms;
  if (!has_room() || (refused && !alone)) {
    metrics_.stalls.add();
    return Verdict::kStall;
  }
  if (stale) metrics_.stale.add();
  return refused ? Verdict::kRefuse : Verdict::kRun;
}

RequestPtr RequestThrottle::take_front(MonoTime now) {
  RequestPtr out = std::move(waiting_.front());
  waiting_.pop_front();
  metrics_.waited_ms.record(to_ms(now - out->received));
  return out;
}

void RequestThrottle::drop_all_of(ConnectionId connection) {
  std::erase_if(waiting_, [&](const RequestPtr& one) { return one->connection == connection; });
}

std::vector<RequestPtr> RequestThrottle::take_left_by(ConnectionId connection) {
  std::vector<RequestPtr> kept;
  bool drops = config_.throttle_drop_stale && config_.stale_connection_check;
  auto gone = std::stable_partition(
      waiting_.begin(), waiting_.end(),
      [&](const RequestPtr& request) { return request->connection != connection; });
  for (auto it = gone; it != waiting_.end(); ++it) {
    bool closes = (*it)->op == OpCode::kCloseSession;
    if (drops && !closes) {
      metrics_.stale_dropped.add();
      continue;
    }
    if (!closes) metrics_.stale.add();
    kept.push_back(std::move(*it));
  }
  waiting_.erase(gone, waiting_.end());
  return kept;
}

}  // namespace okapi
