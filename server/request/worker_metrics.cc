#include "server/request/commit_worker.h"

namespace okapi {

void WorkerMetrics::note_response(int32_t size) {
  auto relaxed = std::memory_order_relaxed;
  last_response_size.store(size, relaxed);
  int32_t smallest = min_response_size.load(relaxed);
  if (smallest < 0 || size < smallest) min_response_size.store(size, relaxed);
  if (size > max_response_size.load(relaxed)) max_response_size.store(size, relaxed);
  response_bytes.add(size);
  sent.add();
}

void WorkerMetrics::reset() {
  received.reset();
  sent.reset();
  latency_ms.reset();
  for (auto* size : {&last_response_size, &min_response_size, &max_response_size}) {
    size->store(-1, std::memory_order_relaxed);
  }
}

}  // namespace okapi
