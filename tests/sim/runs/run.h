// What one seed is asked to do and what came of it, whatever kind of run it is.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/sim/checkers/log_order.h"
#include "tests/sim/checkers/replay.h"
#include "tests/sim/sim_net.h"

namespace okapi::sim {

struct RunOptions {
  uint64_t seed = 1;
  std::FILE* print = nullptr;       // the trace
  Millis trouble_span{60'000};      // how long faults come
  std::optional<size_t> clients{};  // else drawn
  bool faults = true;
  // The data directory is there before the first start; else by dice.
  bool premade_directory = false;
  // Of an ensemble: how many vote; else drawn.
  std::optional<size_t> voters{};
};

struct RunResult {
  std::string failure;  // empty = all rules held
  uint64_t hash = 0;    // of the trace
  uint64_t events = 0, turns = 0;
  Nanos virtual_span{};
  size_t crashes = 0, exits = 0, restarts = 0;
  size_t servers = 1;
  int64_t epochs = 0;  // the last one
  Replay::Counts checked;
  std::vector<std::string> tail;  // of the trace, after a failure
};

NetOptions draw_net(Rng& dice);
// The log that is judged, into the trace.
void trace_log(SimWorld& world, const std::vector<LoggedTxn>& log);
// What every run tells at its end.
void fill_result(RunResult& result, const SimWorld& world);

}  // namespace okapi::sim
