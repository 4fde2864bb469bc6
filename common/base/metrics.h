// What a part counts about itself. One writer at a time (the owning stage's turn), any reader:
// plain relaxed stores, no locked instruction on the path. `status_board` collects them by name.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace okapi {

class Counter {
 public:
  void add(int64_t n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
  int64_t get() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Count, sum, smallest and largest of what was recorded; all 0 when empty.
class Summary {
 public:
  void record(int64_t value);
  void reset();
  // Adds what was recorded here to `total`, which belongs to the caller.
  void add_to(Summary& total) const;
  int64_t count() const { return count_.load(std::memory_order_relaxed); }
  int64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  int64_t min() const { return count() == 0 ? 0 : min_.load(std::memory_order_relaxed); }
  int64_t max() const { return count() == 0 ? 0 : max_.load(std::memory_order_relaxed); }
  double average() const {
    return count() == 0 ? 0.0 : static_cast<double>(sum()) / static_cast<double>(count());
  }

 private:
  std::atomic<int64_t> count_{0}, sum_{0}, min_{0}, max_{0};
};

// A Summary that also answers percentiles, from buckets of an eighth of a power of two (an error of
// at most 1/16 of the value; values below 16 are exact).
class PercentileSummary {
 public:
  void record(int64_t value);
  void reset();
  const Summary& summary() const { return summary_; }
  // As Summary::add_to.
  void add_to(PercentileSummary& total) const;
  // `fraction` in 0…1; 0 when empty.
  int64_t percentile(double fraction) const;

 private:
  static constexpr int kBuckets = 62 * 8;
  static int bucket_of(int64_t value);
  static int64_t middle_of(int bucket);

  Summary summary_;
  std::array<std::atomic<uint32_t>, kBuckets> buckets_{};
};

}  // namespace okapi
