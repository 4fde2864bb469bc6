#include "client/bench/bench.h"

#include <spdlog/fmt/fmt.h>

#include <numeric>
#include <utility>

#include "client/bench/load_run.h"
#include "client/bench/session_runs.h"
#include "client/bench/steady_run.h"
#include "client/bench/watch_run.h"
#include "common/base/random.h"

namespace okapi::bench {

namespace {

Result<Measures> run_once(const BenchOptions& options, const Target& target, size_t round) {
  switch (options.workload) {
    case Workload::kGet:
    case Workload::kExists:
    case Workload::kChildren:
    case Workload::kSet:
    case Workload::kCreate:
    case Workload::kMixed:
    case Workload::kMulti:
      return run_steady(options, target, round);
    case Workload::kWatch:
      return run_watch(options, target);
    case Workload::kConnect:
      return run_connect(options, target);
    case Workload::kHandshakes:
      return run_handshakes(options, target);
    case Workload::kIdle:
      return run_idle(options, target);
    case Workload::kLoad:
      return run_load(options, target);
  }
  return Error{ErrorKind::kInvalid, "no such workload"};
}

std::vector<size_t> random_order(size_t count, Rng& random) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.below(i))]);
  }
  return order;
}

}  // namespace

Result<Rounds> run_bench(const BenchOptions& options,
                         const std::function<void(std::string_view)>& progress) {
  Rng random(options.seed);
  Rounds out;
  for (size_t round = 0; round < options.rounds; ++round) {
    std::vector<Measures>& row = out.emplace_back(options.targets.size());
    for (size_t index : random_order(options.targets.size(), random)) {
      const Target& target = options.targets[index];
      progress(fmt::format("round {}/{}: {}", round + 1, options.rounds, target.name));
      auto measures = run_once(options, target, round);
      if (!measures.ok()) {
        return Error{measures.error().kind, target.name + ": " + measures.error().text};
      }
      row[index] = std::move(*measures);
    }
  }
  return out;
}

}  // namespace okapi::bench
