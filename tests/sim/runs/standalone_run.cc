#include "tests/sim/runs/standalone_run.h"

#include <algorithm>

#include "tests/sim/runs/server_machine.h"
#include "tests/sim/runs/trouble.h"

namespace okapi::sim {
namespace {

constexpr Millis kFinishPatience{120'000};

NetOptions draw_net(Rng& dice) {
  NetOptions net;
  if (dice.chance(1, 3)) net.delay_max = Millis(20);
  if (dice.chance(1, 3)) net.short_read_one_in = net.short_write_one_in = 4;
  if (dice.chance(1, 4)) net.window_bytes = 1500;
  return net;
}

class StandaloneRun {
 public:
  explicit StandaloneRun(const RunOptions& options)
      : options_(options),
        world_(options.seed, options.print),
        settings_(draw_server(world_.rng())),
        net_(world_, draw_net(world_.rng())),
        server_(world_, net_, "server", "10.0.0.1"),
        trouble_(world_, net_, server_) {}

  RunResult run();

 private:
  void start_server();
  void start_clients();
  void cause_trouble();
  void finish();
  void judge(RunResult& result);
  bool all_finished() const;

  const RunOptions options_;
  SimWorld world_;
  const ServerSettings settings_;
  SimNet net_;
  SimNode server_;
  History history_;
  std::vector<std::unique_ptr<SimNode>> clients_;
  Trouble trouble_;
  WorkloadOptions workload_;
  size_t restarts_ = 0;
};

void StandaloneRun::start_server() {
  ++restarts_;
  server_.start(settings_.factory);
}

void StandaloneRun::start_clients() {
  Rng& dice = world_.rng();
  size_t count = options_.clients.value_or(3 + dice.below(4));
  history_.clients.resize(count);
  workload_.pipeline_max = static_cast<uint32_t>(1 + dice.below(12));
  workload_.calls = 100 + dice.below(250);
  // Mostly the calls last as long as the trouble does; else they come at once, in a storm.
  if (dice.chance(2, 3)) {
    auto burst = static_cast<int64_t>(workload_.pipeline_max / 2 + 1);
    workload_.think_max =
        options_.trouble_span * burst * 3 / (2 * static_cast<int64_t>(workload_.calls));
  }
  workload_.session_timeout = 2 * settings_.session_timeout_min;
  for (size_t i = 0; i < count; ++i) {
    std::string number = std::to_string(i + 1);
    clients_.push_back(
        std::make_unique<SimNode>(world_, net_, "node" + number, "10.0.1." + number));
    std::vector<Endpoint> servers{{server_.ip(), kClientPort}};
    clients_.back()->start([&](SimEnv& env) {
      return std::make_unique<SimClient>(world_, env, servers, i, workload_, history_);
    });
    trouble_.add_client(clients_.back()->ip());
  }
}

void StandaloneRun::cause_trouble() {
  MonoTime end = world_.now() + options_.trouble_span;
  Rng& dice = world_.rng();
  while (world_.now() < end && !world_.failed()) {
    world_.run_for(Millis(static_cast<int64_t>(1 + dice.below(3000))));
    if (options_.faults) trouble_.strike();
    world_.run_for(Millis(static_cast<int64_t>(dice.below(2000))));
    trouble_.ease();
    if (server_.running()) continue;
    trouble_.check_exit(server_.exit());
    start_server();
  }
}

bool StandaloneRun::all_finished() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const auto& node) {
    return static_cast<SimClient*>(node->program())->finished();
  });
}

// Healed, everything must come right by itself (INV-B7).
void StandaloneRun::finish() {
  trouble_.stop();
  if (!server_.running()) {
    trouble_.check_exit(server_.exit());
    start_server();
  }
  world_.run_for(4 * settings_.session_timeout_max);
  for (auto& node : clients_) static_cast<SimClient*>(node->program())->finish();
  bool done = world_.run_until(world_.now() + kFinishPatience, [this] { return all_finished(); });
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
  for (const LoggedTxn& txn : *log) {
    const TxnHeader& header = txn.header;
    world_.trace().line(world_.now(), "log", "{:x} session {:x} xid {} type {}{} at {}",
                        header.zxid.value(), header.client_id.value(), header.cxid, header.type,
                        txn.is_error ? " refused" : "", header.time_ms - SimClock::kWallStartMs);
  }
  ReplayOptions options;
  options.all_abandoned_expired = true;
  if (!server_.clock().jumped()) options.wall_start_ms = SimClock::kWallStartMs;
  Replay replay(history_, *log, options);
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
  result.failure = world_.failure();
  result.hash = world_.trace().hash();
  result.events = world_.trace().events();
  result.turns = world_.turns();
  result.virtual_span = world_.elapsed();
  result.crashes = trouble_.crashes();
  result.exits = trouble_.exits();
  result.restarts = restarts_;
  if (world_.failed())
    result.tail.assign(world_.trace().tail().begin(), world_.trace().tail().end());
  return result;
}

}  // namespace

RunResult run_standalone(const RunOptions& options) { return StandaloneRun(options).run(); }

}  // namespace okapi::sim
