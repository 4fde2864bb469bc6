// The steady workloads: closed loop (each connection keeps --depth requests in flight) and open
// loop (requests at a fixed rate, whether replies come or not). Starts the generator's threads.
#pragma once

#include "client/bench/measures.h"

namespace okapi::bench {

// `round` varies the random choices. In the open loop latency counts from the moment a request was
// due, so that a stalled server cannot hide the requests it kept from being sent.
Result<Measures> run_steady(const BenchOptions& options, const Target& target, size_t round);

}  // namespace okapi::bench
