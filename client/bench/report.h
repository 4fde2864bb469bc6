// Shows what the rounds found: medians over the rounds and, between two targets, the median of the
// ratios within each round, because the machine's mood is common to a round. Pure functions.
#pragma once

#include <string>

#include "client/bench/bench.h"

namespace okapi::bench {

struct Spread {
  double median = 0, low = 0, high = 0;  // low and high are the quartiles
};

Spread spread_of(std::vector<double> values);
// The values of one measure for one target, round by round; rounds without it are left out.
std::vector<double> values_of(const Rounds& rounds, size_t target, const std::string& measure);
// The ratios first target / other target of one measure, round by round.
std::vector<double> ratios_of(const Rounds& rounds, size_t other, const std::string& measure);

std::string as_table(const BenchOptions& options, const Rounds& rounds);
std::string as_json(const BenchOptions& options, const Rounds& rounds);

}  // namespace okapi::bench
