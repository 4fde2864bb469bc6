// One seed with one standalone server: the real wiring on a simulated machine, some clients, faults
// drawn from the seed, then healing, and the judge.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/checkers/replay.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/workload/sim_client.h"

namespace okapi::sim {

struct RunOptions {
  uint64_t seed = 1;
  std::FILE* print = nullptr;       // the trace
  Millis trouble_span{60'000};      // how long faults come
  std::optional<size_t> clients{};  // else drawn
  bool faults = true;
  // The data directory is there before the first start; else by dice.
  bool premade_directory = false;
};

struct RunResult {
  std::string failure;  // empty = all rules held
  uint64_t hash = 0;    // of the trace
  uint64_t events = 0, turns = 0;
  Nanos virtual_span{};
  size_t crashes = 0, exits = 0, restarts = 0;
  Replay::Counts checked;
  std::vector<std::string> tail;  // of the trace, after a failure
};

RunResult run_standalone(const RunOptions& options);

}  // namespace okapi::sim
