#include "server/session/expiry_queue.h"

#include <algorithm>

namespace okapi {

void ExpiryQueue::touch(SessionId session, MonoTime now, Millis timeout) {
  auto ticks = (now.time_since_epoch() + timeout) / tick_ + 1;
  MonoTime deadline(tick_ * ticks);
  auto [it, fresh] = deadline_of_.try_emplace(session, deadline);
  if (!fresh) {
    if (it->second >= deadline) return;
    leave_bucket(session, it->second);
    it->second = deadline;
  }
  buckets_[deadline].insert(session);
}

void ExpiryQueue::leave_bucket(SessionId session, MonoTime deadline) {
  auto bucket = buckets_.find(deadline);
  bucket->second.erase(session);
  if (bucket->second.empty()) buckets_.erase(bucket);
}

void ExpiryQueue::remove(SessionId session) {
  auto it = deadline_of_.find(session);
  if (it == deadline_of_.end()) return;
  leave_bucket(session, it->second);
  deadline_of_.erase(it);
}

std::optional<MonoTime> ExpiryQueue::next() const {
  if (buckets_.empty()) return std::nullopt;
  return buckets_.begin()->first;
}

std::vector<SessionId> ExpiryQueue::take_expired(MonoTime now) {
  std::vector<SessionId> out;
  while (!buckets_.empty() && buckets_.begin()->first <= now) {
    for (SessionId session : buckets_.begin()->second) {
      deadline_of_.erase(session);
      out.push_back(session);
    }
    buckets_.erase(buckets_.begin());
  }
  // Set order depends on the hash; the order of closes must not.
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace okapi
