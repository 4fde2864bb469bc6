#include "server/request/lane.h"

namespace okapi {
namespace {

// Memory kept by an empty lane, and how far the head may run before the rest is moved to the front.
constexpr size_t kKeptEntries = 64;

}  // namespace

void Lane::pop_answered() {
  queue_[head_] = RequestRef();
  ++head_;
  if (head_ == queue_.size()) {
    head_ = 0;
    queue_.clear();
    if (queue_.capacity() > kKeptEntries) std::vector<RequestRef>().swap(queue_);
  } else if (head_ >= kKeptEntries && head_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

RequestRef Lane::next_runnable() {
  if (waiting_ == 0) return {};
  size_t first_waiting = queue_.size() - waiting_;
  const RequestRef& next = queue_[first_waiting];
  if (is_write(next->op)) {
    --waiting_;
    return next;
  }
  if (first_waiting != head_) return {};
  --waiting_;
  RequestRef read = next;
  pop_answered();
  return read;
}

RequestRef Lane::take_waiting() {
  if (waiting_ == 0) return {};
  auto first = queue_.end() - static_cast<std::ptrdiff_t>(waiting_);
  RequestRef out = std::move(*first);
  queue_.erase(first);
  --waiting_;
  return out;
}

}  // namespace okapi
