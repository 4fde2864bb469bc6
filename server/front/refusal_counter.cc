#include "server/front/refusal_counter.h"

#include <chrono>

namespace okapi {

void RefusalCounter::begin_minute(MonoTime now) {
  if (now < ends_) return;
  counts_.clear();
  ends_ = now + std::chrono::minutes(1);
}

void RefusalCounter::note(const std::string& ip, MonoTime now) {
  begin_minute(now);
  if (counts_.size() < kAddressesMax || counts_.contains(ip)) ++counts_[ip];
}

bool RefusalCounter::is_over(const std::string& ip, MonoTime now) {
  begin_minute(now);
  auto found = counts_.find(ip);
  return found != counts_.end() && found->second > per_minute_max_;
}

}  // namespace okapi
