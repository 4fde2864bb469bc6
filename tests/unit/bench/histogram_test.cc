#include "client/bench/histogram.h"

#include <catch2/catch.hpp>

using namespace okapi;
using okapi::bench::Histogram;

TEST_CASE("percentile_is_within_one_percent_of_the_value") {
  Histogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.record(Micros(i));
  for (double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    auto found = static_cast<double>(histogram.percentile(share).count());
    CHECK(found == Approx(share * 1e8).epsilon(0.01));
  }
  CHECK(histogram.max() == Millis(100));
  CHECK(histogram.percentile(1) == Millis(100));
  CHECK(histogram.mean() == Nanos(50'000'500));
}

TEST_CASE("small_values_are_exact_and_absurd_ones_are_kept_in_range") {
  Histogram histogram;
  histogram.record(Nanos(-5));
  histogram.record(Nanos(127));
  histogram.record(std::chrono::hours(1'000));
  CHECK(histogram.percentile(0.3) == Nanos(0));
  CHECK(histogram.percentile(0.6) == Nanos(127));
  CHECK(histogram.max() > std::chrono::hours(1));
  CHECK(histogram.count() == 3);
}

TEST_CASE("empty_histogram_answers_zero") {
  CHECK(Histogram().percentile(0.99) == Nanos(0));
  CHECK(Histogram().mean() == Nanos(0));
}

TEST_CASE("merged_histograms_count_together") {
  Histogram a, b;
  a.record(Micros(1));
  b.record(Micros(3));
  b.record(Micros(3));
  a.merge(b);
  CHECK(a.count() == 3);
  CHECK(a.max() == Micros(3));
  CHECK(a.percentile(0.3) <= Nanos(1010));
}
