#include "common/base/metrics.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "common/base/random.h"

using namespace okapi;

TEST_CASE("a_summary_is_zero_when_empty_and_again_after_a_reset") {
  Summary summary;
  for (int round = 0; round < 2; ++round) {
    CHECK(summary.count() == 0);
    CHECK(summary.min() == 0);
    CHECK(summary.max() == 0);
    CHECK(summary.average() == 0.0);
    summary.record(-5);
    summary.record(3);
    CHECK(summary.min() == -5);
    CHECK(summary.max() == 3);
    CHECK(summary.sum() == -2);
    CHECK(summary.average() == -1.0);
    summary.reset();
  }
}

TEST_CASE("summaries_add_up_and_an_empty_one_changes_nothing") {
  Summary a, b, empty, total;
  a.record(5);
  b.record(-1);
  b.record(9);
  for (const Summary* part : {&a, &b, &empty}) part->add_to(total);
  CHECK(total.count() == 3);
  CHECK(total.sum() == 13);
  CHECK(total.min() == -1);
  CHECK(total.max() == 9);
}

TEST_CASE("percentiles_below_sixteen_are_exact") {
  PercentileSummary summary;
  for (int i = 0; i < 16; ++i) summary.record(i);
  CHECK(summary.percentile(0.0) == 0);
  CHECK(summary.percentile(0.5) == 7);
  CHECK(summary.percentile(1.0) == 15);
}

TEST_CASE("percentiles_are_within_a_sixteenth_of_the_sorted_sample") {
  Rng rng(3);
  PercentileSummary summary;
  std::vector<int64_t> sample;
  for (int i = 0; i < 10'000; ++i) {
    auto value = static_cast<int64_t>(rng.next() >> (rng.below(50) + 14));
    sample.push_back(value);
    summary.record(value);
  }
  std::sort(sample.begin(), sample.end());
  for (double fraction : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    int64_t exact = sample[static_cast<size_t>(fraction * static_cast<double>(sample.size() - 1))];
    int64_t shown = summary.percentile(fraction);
    INFO(fraction << " exact " << exact << " shown " << shown);
    CHECK(std::abs(static_cast<double>(shown - exact)) <= static_cast<double>(exact) / 16 + 1);
  }
}

TEST_CASE("percentiles_stay_between_smallest_and_largest_even_at_the_ends_of_the_range") {
  PercentileSummary summary;
  CHECK(summary.percentile(0.5) == 0);
  summary.record(INT64_MAX);
  CHECK(summary.percentile(0.5) == INT64_MAX);
  summary.reset();
  summary.record(-7);
  CHECK(summary.percentile(0.5) == -7);
  summary.reset();
  summary.record(1000);
  CHECK(summary.percentile(0.99) == 1000);
}

TEST_CASE("percentiles_of_several_workers_add_up") {
  PercentileSummary a, b, total;
  for (int i = 0; i < 90; ++i) a.record(1);
  for (int i = 0; i < 10; ++i) b.record(15);
  a.add_to(total);
  b.add_to(total);
  CHECK(total.summary().count() == 100);
  CHECK(total.percentile(0.5) == 1);
  CHECK(total.percentile(0.95) == 15);
}
