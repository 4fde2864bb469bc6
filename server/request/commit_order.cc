#include "server/request/commit_order.h"

namespace okapi {

void CommitOrder::add_pending(RequestRef request) {
  auto& queue = queues_[request->session];
  if (queue == nullptr) queue = std::make_unique<Queue>();
  queue->push_back(std::move(request));
  ++pending_;
}

RequestRef CommitOrder::match(const TxnHeader& header) {
  auto it = queues_.find(header.client_id);
  if (it == queues_.end() || it->second->empty()) return {};
  Queue& queue = *it->second;
  const RequestView& head = *queue.front();
  // A refused request comes back as an error transaction.
  bool same_op = header.type == static_cast<int32_t>(OpCode::kError) ||
                 header.type == static_cast<int32_t>(head.op);
  if (head.xid != header.cxid || !same_op) return {};
  RequestRef out = std::move(queue.front());
  queue.pop_front();
  --pending_;
  if (header.type == static_cast<int32_t>(OpCode::kCloseSession)) queues_.erase(it);
  return out;
}

}  // namespace okapi
