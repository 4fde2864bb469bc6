#include "tests/sim/runs/ensemble_run.h"

#include "tests/sim/runs/ensemble_trouble.h"
#include "tests/sim/runs/ensemble_world.h"
#include "tests/sim/runs/trouble.h"

namespace okapi::sim {
namespace {

class EnsembleRun {
 public:
  explicit EnsembleRun(const RunOptions& options)
      : options_(options),
        all_(options.seed, options.print, options.voters),
        world_(all_.world()),
        ensemble_(all_.ensemble()),
        trouble_(world_, all_.net(), ensemble_.nodes()),
        ensemble_trouble_(world_, all_.net(), ensemble_) {}

  RunResult run();

 private:
  Millis up_to(uint64_t most) { return Millis(static_cast<int64_t>(world_.rng().below(most + 1))); }
  void start();
  void start_clients();
  void cause_trouble();
  void strike();
  void start_one(size_t i);
  void heal();
  void finish();

  const RunOptions options_;
  EnsembleWorld all_;
  SimWorld& world_;
  Ensemble& ensemble_;
  Trouble trouble_;
  EnsembleTrouble ensemble_trouble_;
};

void EnsembleRun::start() {
  const EnsembleShape& shape = ensemble_.shape();
  world_.trace().line(world_.now(), "world", "{} voters, {} observers, tick {} ms, limits {} {}",
                      shape.voters, shape.observers, shape.tick.count(), shape.init_limit_ticks,
                      shape.sync_limit_ticks);
  Rng& dice = world_.rng();
  for (size_t i = 0; i < ensemble_.size(); ++i) {
    if (options_.premade_directory || dice.chance(1, 2)) {
      ensemble_.node(i).disk().make_durable_directory("/data/version-2");
    }
    // Not all are there from the beginning.
    if (!options_.faults || dice.chance(4, 5)) ensemble_.start(i);
    world_.run_for(up_to(300));
  }
}

void EnsembleRun::start_clients() {
  Clients& clients = all_.clients();
  WorkloadOptions& work =
      clients.draw_work(options_.trouble_span, 2 * ensemble_.session_timeout_min());
  work.config_node = false;
  work.sync_percent = 4;
  work.calls = work.calls / 2 + 20;
  size_t count = options_.clients.value_or(2 + world_.rng().below(4));
  for (size_t i = 0; i < count; ++i) trouble_.add_client(clients.start(ensemble_.doors()));
}

void EnsembleRun::strike() {
  Rng& dice = world_.rng();
  if (dice.chance(1, 2)) return ensemble_trouble_.strike();
  size_t victim = dice.below(ensemble_.size());
  if (dice.chance(1, 3)) victim = ensemble_.leader().value_or(victim);
  trouble_.strike(victim);
}

void EnsembleRun::start_one(size_t i) {
  if (ensemble_.node(i).running()) return;
  trouble_.check_exit(i);
  ensemble_.start(i);
}

// Quiet and busy times alternate, in measures of what an election takes.
void EnsembleRun::cause_trouble() {
  MonoTime end = world_.now() + options_.trouble_span;
  Rng& dice = world_.rng();
  auto tick = static_cast<uint64_t>(ensemble_.shape().tick.count());
  for (size_t round = 0; world_.now() < end && !world_.failed(); ++round) {
    world_.run_for(up_to(dice.chance(1, 4) ? 12 * tick : 3 * tick));
    if (options_.faults && dice.chance(2, 3)) strike();
    if (dice.chance(1, 3)) {
      trouble_.ease();
      ensemble_trouble_.ease();
    }
    for (size_t i = 0; i < ensemble_.size(); ++i) {
      if (dice.chance(1, 3)) start_one(i);
    }
    if (round % 8 != 0) continue;
    if (auto wrong = ensemble_.look()) world_.fail("disk", *wrong);
  }
}

void EnsembleRun::heal() {
  trouble_.stop();
  ensemble_trouble_.ease();
  // A sync that has failed may still take its time: its server ends only then.
  world_.run_for(DiskFaults{}.slow_sync_max);
  for (size_t i = 0; i < ensemble_.size() && !world_.failed(); ++i) start_one(i);
  all_.healed();
}

// Healed, everything must come right by itself; sometimes the power goes for all just before.
void EnsembleRun::finish() {
  heal();
  if (!all_.wait_until_all_serve()) return;
  if (options_.faults && world_.rng().chance(1, 3)) {
    for (SimNode* node : ensemble_.nodes()) node->power_off();
    heal();
  }
  all_.settle();
}

RunResult EnsembleRun::run() {
  RunResult result;
  start();
  start_clients();
  cause_trouble();
  if (!world_.failed()) finish();
  if (!world_.failed()) all_.judge();
  fill_result(result, world_);
  result.checked = all_.checked();
  result.epochs = all_.last().epoch().value();
  result.servers = ensemble_.size();
  result.crashes = trouble_.crashes();
  result.exits = trouble_.exits();
  for (SimNode* node : ensemble_.nodes()) result.restarts += node->starts();
  return result;
}

}  // namespace

RunResult run_ensemble(const RunOptions& options) { return EnsembleRun(options).run(); }

}  // namespace okapi::sim
