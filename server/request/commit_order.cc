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
  if (it == queues_.end()) return {};
  Queue& queue = *it->second;
  RequestRef out;
  // A refused request comes back as an error transaction.
  bool ours = !queue.empty() && queue.front()->xid == header.cxid &&
              (header.type == static_cast<int32_t>(OpCode::kError) ||
               header.type == static_cast<int32_t>(queue.front()->op));
  if (ours) {
    out = std::move(queue.front());
    queue.pop_front();
    --pending_;
  }
  drop_if_idle(it, header.type);
  return out;
}

void CommitOrder::drop_if_idle(Queues::iterator it, int32_t txn_type) {
  bool last_for_now = txn_type == static_cast<int32_t>(OpCode::kCreateSession) ||
                      txn_type == static_cast<int32_t>(OpCode::kCloseSession) ||
                      txn_type == static_cast<int32_t>(OpCode::kError);
  if (last_for_now && it->second->empty()) queues_.erase(it);
}

}  // namespace okapi
