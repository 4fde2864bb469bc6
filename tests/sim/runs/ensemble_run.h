// One seed with an ensemble: real servers on simulated machines that elect, agree and lose one
// another, clients that move between them, then healing, and the judge.
#pragma once

#include "tests/sim/runs/run.h"

namespace okapi::sim {

RunResult run_ensemble(const RunOptions& options);

}  // namespace okapi::sim
