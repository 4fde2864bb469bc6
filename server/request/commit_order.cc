#include "server/request/commit_order.h"

namespace okapi {

void CommitOrder::add_pending(const WriteTicket& write) {
  auto& queue = queues_[write.session];
  if (queue == nullptr) queue = std::make_unique<Queue>();
  queue->push_back(write);
  ++pending_;
}

std::optional<WriteTicket> CommitOrder::match(const TxnHeader& header) {
  auto it = queues_.find(header.client_id);
  if (it == queues_.end()) return std::nullopt;
  Queue& queue = *it->second;
  std::optional<WriteTicket> out;
  // A refused request comes back as an error transaction; so does one of a session that has moved
  // to another server meanwhile.
  bool ours = !queue.empty() && queue.front().xid == header.cxid &&
              queue.front().op != OpCode::kSync &&
              (header.type == static_cast<int32_t>(OpCode::kError) ||
               header.type == static_cast<int32_t>(queue.front().op));
  if (ours) out = take_front(queue);
  bool local = out.has_value() && out->local != LocalSession::kNo;
  drop_if_idle(it, header.type, local);
  return out;
}

std::optional<WriteTicket> CommitOrder::match_sync(const SyncDone& done) {
  auto it = queues_.find(done.session);
  if (it == queues_.end() || it->second->empty()) return std::nullopt;
  const WriteTicket& first = it->second->front();
  if (first.op != OpCode::kSync || first.xid != done.cxid) return std::nullopt;
  WriteTicket out = take_front(*it->second);
  // No transaction tells of the end of a local session.
  if (out.local != LocalSession::kNo && it->second->empty()) queues_.erase(it);
  return out;
}

WriteTicket CommitOrder::take_front(Queue& queue) {
  WriteTicket out = std::move(queue.front());
  queue.pop_front();
  --pending_;
  return out;
}

void CommitOrder::drop_if_idle(Queues::iterator it, int32_t txn_type, bool local) {
  bool last_for_now = local || txn_type == static_cast<int32_t>(OpCode::kCreateSession) ||
                      txn_type == static_cast<int32_t>(OpCode::kCloseSession) ||
                      txn_type == static_cast<int32_t>(OpCode::kError);
  if (last_for_now && it->second->empty()) queues_.erase(it);
}

}  // namespace okapi
