// Counts of durations in buckets of less than one percent width, from a nanosecond to an hour.
// Plain value, one thread at a time; threads keep their own and merge at the end.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/time.h"

namespace okapi::bench {

class Histogram {
 public:
  Histogram();

  // Negative durations count as zero, longer ones than an hour as an hour.
  void record(Nanos value);
  void merge(const Histogram& other);

  uint64_t count() const { return count_; }
  Nanos max() const { return Nanos(max_); }
  Nanos mean() const;
  // The smallest value that at least `share` (0 to 1) of the recorded ones do not exceed, to the
  // width of a bucket; zero when nothing was recorded.
  Nanos percentile(double share) const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace okapi::bench
