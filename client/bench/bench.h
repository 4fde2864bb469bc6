// All rounds against all targets. Each round visits the targets in a random order, so that what
// disturbs the machine for a while disturbs them alike.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "client/bench/measures.h"

namespace okapi::bench {

// [round][target]
using Rounds = std::vector<std::vector<Measures>>;

// `progress` is told a line before each run.
Result<Rounds> run_bench(const BenchOptions& options,
                         const std::function<void(std::string_view)>& progress);

}  // namespace okapi::bench
