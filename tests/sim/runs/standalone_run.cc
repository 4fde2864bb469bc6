#include "tests/sim/runs/standalone_run.h"

#include "tests/sim/runs/clients.h"
#include "tests/sim/runs/server_machine.h"
#include "tests/sim/runs/trouble.h"

namespace okapi::sim {
namespace {

constexpr Millis kFinishPatience{120'000};

class StandaloneRun {
 public:
  explicit StandaloneRun(const RunOptions& options)
      : options_(options),
        world_(options.seed, options.print),
        settings_(draw_server(world_.rng())),
        net_(world_, draw_net(world_.rng())),
        server_(world_, net_, "server", "10.0.0.1"),
        clients_(world_, net_),
        trouble_(world_, net_, {&server_}) {}

  RunResult run();

 private:
  void start_server();
  void start_clients();
  void cause_trouble();
  void finish();
  void judge(RunResult& result);

  const RunOptions options_;
  SimWorld world_;
  const ServerSettings settings_;
  SimNet net_;
  SimNode server_;
  Clients clients_;
  Trouble trouble_;
};

void StandaloneRun::start_server() { server_.start(settings_.factory); }

void StandaloneRun::start_clients() {
  size_t count = options_.clients.value_or(3 + world_.rng().below(4));
  clients_.draw_work(options_.trouble_span, 2 * settings_.session_timeout_min);
  for (size_t i = 0; i < count; ++i) {
    trouble_.add_client(clients_.start({{server_.ip(), kClientPort}}));
  }
}

void StandaloneRun::cause_trouble() {
  MonoTime end = world_.now() + options_.trouble_span;
  Rng& dice = world_.rng();
  while (world_.now() < end && !world_.failed()) {
    world_.run_for(Millis(static_cast<int64_t>(1 + dice.below(3000))));
    if (options_.faults) trouble_.strike(0);
    world_.run_for(Millis(static_cast<int64_t>(dice.below(2000))));
    trouble_.ease();
    if (server_.running()) continue;
    trouble_.check_exit(0);
    start_server();
  }
}

// Healed, everything must come right by itself (INV-B7).
void StandaloneRun::finish() {
  trouble_.stop();
  // A sync that has failed may still take its time: the server ends only then.
  world_.run_for(DiskFaults{}.slow_sync_max);
  if (!server_.running()) {
    trouble_.check_exit(0);
    start_server();
  }
  world_.run_for(4 * settings_.session_timeout_max);
  clients_.finish();
  bool done =
      world_.run_until(world_.now() + kFinishPatience, [this] { return clients_.all_finished(); });
  if (world_.failed()) return;
  if (!server_.running()) {
    world_.fail("G16", fmt::format("the healed server ended: {}",
                                   server_.exit().has_value() ? server_.exit()->why : "?"));
  } else if (!done) {
    server_.scheduler().trace_stages();
    world_.fail("INV-B7", "clients do not get through to a healed server");
  }
}

void StandaloneRun::judge(RunResult& result) {
  auto log = read_log_order(server_.disk(), "/data/version-2");
  if (!log.ok()) {
    world_.fail("INV-C2", log.error().text);
    return;
  }
  trace_log(world_, *log);
  ReplayOptions options;
  options.all_abandoned_expired = true;
  if (!server_.clock().jumped()) options.wall_start_ms = SimClock::kWallStartMs;
  Replay replay(clients_.history(), *log, options);
  if (auto wrong = replay.run()) world_.fail("judge", *wrong);
  result.checked = replay.counts();
}

RunResult StandaloneRun::run() {
  RunResult result;
  bool premade = world_.rng().chance(1, 2) || options_.premade_directory;
  if (premade) server_.disk().make_durable_directory("/data/version-2");
  start_server();
  start_clients();
  cause_trouble();
  if (!world_.failed()) finish();
  if (!world_.failed()) judge(result);
  fill_result(result, world_);
  result.crashes = trouble_.crashes();
  result.exits = trouble_.exits();
  result.restarts = server_.starts();
  return result;
}

}  // namespace

RunResult run_standalone(const RunOptions& options) { return StandaloneRun(options).run(); }

}  // namespace okapi::sim
