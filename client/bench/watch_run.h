// Watch fan-out: one writer, all connections watch its node. Runs on the caller's thread.
#pragma once

#include "client/bench/measures.h"

namespace okapi::bench {

// Sets one node again and again; each time from the set's sending to the last connection's event.
// The watches are armed again between sets and outside the measured time.
Result<Measures> run_watch(const BenchOptions& options, const Target& target);

}  // namespace okapi::bench
