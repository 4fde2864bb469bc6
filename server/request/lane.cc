#include "server/request/lane.h"

namespace okapi {

RequestRef Lane::next_runnable() {
  if (waiting_ == 0) return {};
  size_t in_flight = queue_->size() - waiting_;
  const RequestRef& next = (*queue_)[in_flight];
  if (is_write(next->op)) {
    --waiting_;
    return next;
  }
  if (in_flight != 0) return {};
  --waiting_;
  RequestRef read = next;
  pop_answered();
  return read;
}

RequestRef Lane::take_waiting() {
  if (waiting_ == 0) return {};
  auto first = queue_->end() - static_cast<std::ptrdiff_t>(waiting_);
  RequestRef out = std::move(*first);
  queue_->erase(first);
  --waiting_;
  return out;
}

}  // namespace okapi
