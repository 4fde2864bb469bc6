#include "common/base/metrics.h"

#include <algorithm>
#include <bit>

namespace okapi {

void Summary::record(int64_t value) {
  int64_t count = count_.load(std::memory_order_relaxed);
  if (count == 0 || value < min_.load(std::memory_order_relaxed)) {
    min_.store(value, std::memory_order_relaxed);
  }
  if (count == 0 || value > max_.load(std::memory_order_relaxed)) {
    max_.store(value, std::memory_order_relaxed);
  }
  sum_.store(sum() + value, std::memory_order_relaxed);
  count_.store(count + 1, std::memory_order_relaxed);
}

void Summary::reset() {
  for (auto* field : {&count_, &sum_, &min_, &max_}) field->store(0, std::memory_order_relaxed);
}

void Summary::add_to(Summary& total) const {
  int64_t here = count();
  if (here == 0) return;
  bool first = total.count() == 0;
  int64_t low = first ? min() : std::min(min(), total.min());
  int64_t high = first ? max() : std::max(max(), total.max());
  total.min_.store(low, std::memory_order_relaxed);
  total.max_.store(high, std::memory_order_relaxed);
  total.sum_.store(total.sum() + sum(), std::memory_order_relaxed);
  total.count_.store(total.count() + here, std::memory_order_relaxed);
}

int PercentileSummary::bucket_of(int64_t value) {
  auto v = static_cast<uint64_t>(std::max<int64_t>(value, 0));
  if (v < 16) return static_cast<int>(v);
  auto exponent = static_cast<int>(std::bit_width(v)) - 1;  // at least 4
  int eighth = static_cast<int>((v >> (exponent - 3)) & 7);
  return std::min((exponent - 2) * 8 + eighth, kBuckets - 1);
}

int64_t PercentileSummary::middle_of(int bucket) {
  if (bucket < 16) return bucket;
  int exponent = bucket / 8 + 2;
  int64_t low = (int64_t{8} + bucket % 8) << (exponent - 3);
  return low + (int64_t{1} << (exponent - 3)) / 2;
}

void PercentileSummary::record(int64_t value) {
  summary_.record(value);
  auto& bucket = buckets_[static_cast<size_t>(bucket_of(value))];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void PercentileSummary::add_to(PercentileSummary& total) const {
  summary_.add_to(total.summary_);
  for (size_t i = 0; i < buckets_.size(); ++i) {
    uint32_t here = buckets_[i].load(std::memory_order_relaxed);
    auto& sum = total.buckets_[i];
    sum.store(sum.load(std::memory_order_relaxed) + here, std::memory_order_relaxed);
  }
}

void PercentileSummary::reset() {
  summary_.reset();
  for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
}

int64_t PercentileSummary::percentile(double fraction) const {
  int64_t total = summary_.count();
  if (total == 0) return 0;
  auto wanted = static_cast<int64_t>(fraction * static_cast<double>(total - 1)) + 1;
  int64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += buckets_[static_cast<size_t>(i)].load(std::memory_order_relaxed);
    if (seen >= wanted) return std::clamp(middle_of(i), summary_.min(), summary_.max());
  }
  return summary_.max();
}

}  // namespace okapi
