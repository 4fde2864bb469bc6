#include "client/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace okapi::bench {

namespace {

// Each power of two is cut into 128 buckets. Values below 128 have a bucket each.
constexpr int kSubBits = 7;
constexpr uint64_t kSubBuckets = uint64_t{1} << kSubBits;
constexpr int64_t kValueMax = (int64_t{1} << 42) - 1;  // 73 minutes

size_t bucket_of(uint64_t value) {
  if (value < kSubBuckets) return static_cast<size_t>(value);
  int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
  uint64_t sub = (value >> shift) - kSubBuckets;
  return static_cast<size_t>((static_cast<uint64_t>(shift) + 1) * kSubBuckets + sub);
}

// The largest value that falls into a bucket.
int64_t bucket_end(size_t bucket) {
  if (bucket < kSubBuckets) return static_cast<int64_t>(bucket);
  uint64_t shift = bucket / kSubBuckets - 1;
  uint64_t sub = bucket % kSubBuckets + kSubBuckets;
  return static_cast<int64_t>(((sub + 1) << shift) - 1);
}

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kValueMax) + 1) {}

void Histogram::record(Nanos value) {
  int64_t ns = std::clamp<int64_t>(value.count(), 0, kValueMax);
  ++buckets_[bucket_of(static_cast<uint64_t>(ns))];
  ++count_;
  max_ = std::max(max_, ns);
  sum_ += static_cast<double>(ns);
}

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

Nanos Histogram::mean() const {
  return Nanos(count_ == 0 ? 0 : std::llround(sum_ / static_cast<double>(count_)));
}

Nanos Histogram::percentile(double share) const {
  if (count_ == 0) return Nanos(0);
  auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  wanted = std::clamp<uint64_t>(wanted, 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return Nanos(std::min(bucket_end(i), max_));
  }
  return max();
}

}  // namespace okapi::bench
