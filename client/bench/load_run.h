// Fills a server with nodes as fast as it takes them. Runs on the caller's thread.
#pragma once

#include "client/bench/measures.h"

namespace okapi::bench {

// Creates --operations nodes of --data-size bytes, a thousand under each parent, and measures
// the server's memory per node. Deletes them again unless --keep is given.
Result<Measures> run_load(const BenchOptions& options, const Target& target);

}  // namespace okapi::bench
