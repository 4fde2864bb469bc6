// One seed with one standalone server: the real wiring on a simulated machine, some clients, faults
// drawn from the seed, then healing, and the judge.
#pragma once

#include "tests/sim/runs/run.h"

namespace okapi::sim {

RunResult run_standalone(const RunOptions& options);

}  // namespace okapi::sim
