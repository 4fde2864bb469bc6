#include "server/request/lane.h"

namespace okapi {
namespace {

// Memory kept by an empty lane, and how far the head may run before the rest is moved to the front.
constexpr size_t kKeptEntries = 64;

}  // namespace

void Lane::pop_answered() {
  ++head_;
  if (head_ == queue_.size()) {
    head_ = 0;
    queue_.clear();
    if (queue_.capacity() > kKeptEntries) std::vector<Entry>().swap(queue_);
  } else if (head_ >= kKeptEntries && head_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

RequestPtr Lane::next_runnable() {
  if (waiting_ == 0) return {};
  size_t first_waiting = queue_.size() - waiting_;
  Entry& next = queue_[first_waiting];
  if (!next.ordered && first_waiting != head_) return {};
  --waiting_;
  if (next.ordered && next.op == OpCode::kSync) return next.request.copy();
  RequestPtr out = std::move(next.request);
  if (!next.ordered) pop_answered();
  return out;
}

RequestPtr Lane::take_waiting() {
  if (waiting_ == 0) return {};
  auto first = queue_.end() - static_cast<std::ptrdiff_t>(waiting_);
  RequestPtr out = std::move(first->request);
  queue_.erase(first);
  --waiting_;
  return out;
}

}  // namespace okapi
