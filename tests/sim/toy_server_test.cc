// The whole simulator on a toy: faults of the world do not break a right server, and each planted
// mistake is seen within a fixed number of seeds.
#include <catch2/catch.hpp>

#include "tests/sim/toy/toy_server.h"

namespace okapi::sim {
namespace {

constexpr size_t kLines = 40;

struct ToyRun {
  std::vector<std::string> echoed;
  std::string log;
  uint64_t hash = 0;
  size_t crashes = 0;
  size_t exits = 0;
  bool all_done = false;
};

struct ToyPlan {
  uint64_t seed = 1;
  ToyFault fault = ToyFault::kNone;
  uint32_t sync_eio_one_in = 0;
  bool quiet_world = false;  // no crash, no fault
};

void disturb(SimWorld& world, SimNet& net, SimNode& server, ToyRun& run) {
  switch (world.rng().below(6)) {
    case 0:
    case 1:
      ++run.crashes;
      if (!server.running()) break;
      if (world.rng().chance(2, 3)) {
        server.power_off();
      } else {
        server.kill();
      }
      break;
    case 2:
      net.reset_one(server.ip());
      break;
    case 3:
      net.black_hole_one(server.ip());
      break;
    case 4:
      net.block(server.ip(), "10.0.1.1");
      break;
    default:
      server.pause(Millis(300));
      break;
  }
}

ToyRun run_toy(const ToyPlan& plan) {
  SimWorld world(plan.seed);
  SimNet net(world, {});
  SimNode server(world, net, "server", "10.0.0.1");
  SimNode client_a(world, net, "a", "10.0.1.1");
  SimNode client_b(world, net, "b", "10.0.1.2");
  server.disk().put_file("/data/setup", "");
  server.disk().faults().sync_eio_one_in = plan.sync_eio_one_in;
  auto start = [&](SimEnv& env) { return std::make_unique<ToyServer>(env, plan.fault); };
  auto client = [&](const char* name) {
    return
        [name](SimEnv& env) { return std::make_unique<ToyClient>(env, "10.0.0.1", name, kLines); };
  };
  server.start(start);
  client_a.start(client("a"));
  client_b.start(client("b"));
  ToyRun run;
  auto* a = static_cast<ToyClient*>(client_a.program());
  auto* b = static_cast<ToyClient*>(client_b.program());
  auto done = [&] { return a->finished() && b->finished(); };
  MonoTime end = world.now() + Millis(200'000);
  while (!done() && world.now() < end && !world.failed()) {
    world.run_for(Millis(static_cast<int64_t>(world.rng().below(60))));
    if (!plan.quiet_world) disturb(world, net, server, run);
    if (server.exit().has_value()) ++run.exits;
    world.run_for(Millis(static_cast<int64_t>(world.rng().below(600))));
    net.heal();
    if (!server.running()) server.start(start);
  }
  INFO(world.failure());
  CHECK_FALSE(world.failed());
  run.all_done = done();
  if (server.running()) server.power_off();
  run.log = server.disk().content(kToyLog).value_or("");
  for (const ToyClient* one : {a, b}) {
    run.echoed.insert(run.echoed.end(), one->echoed().begin(), one->echoed().end());
  }
  run.hash = world.trace().hash();
  return run;
}

// The rule that the toy promises: what was echoed is in the log, after any crash.
bool is_durable(const ToyRun& run) {
  std::string log = "\n" + run.log;
  for (const std::string& line : run.echoed) {
    if (log.find("\n" + line + "\n") == std::string::npos) return false;
  }
  return true;
}

bool caught(ToyFault fault, uint32_t sync_eio_one_in = 0) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ToyPlan plan{.seed = seed, .fault = fault, .sync_eio_one_in = sync_eio_one_in};
    if (!is_durable(run_toy(plan))) return true;
  }
  return false;
}

TEST_CASE("a quiet world answers every line, in a log without gaps") {
  ToyRun run = run_toy({.quiet_world = true});
  CHECK(run.all_done);
  CHECK(run.echoed.size() == 2 * kLines);
  CHECK(is_durable(run));
}

TEST_CASE("a right server keeps what it echoed through crashes, resets and pauses") {
  size_t crashes = 0, exits = 0, echoed = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    ToyRun run = run_toy({.seed = seed, .sync_eio_one_in = 40});
    INFO("seed " << seed);
    REQUIRE(run.all_done);
    REQUIRE(is_durable(run));
    crashes += run.crashes;
    exits += run.exits;
    echoed += run.echoed.size();
  }
  CHECK(crashes > 60);
  CHECK(exits > 10);
  CHECK(echoed > 60 * kLines);
}

TEST_CASE("planted: an ack before the sync is seen") { CHECK(caught(ToyFault::kAckBeforeSync)); }
TEST_CASE("planted: a directory that is never synced is seen") {
  CHECK(caught(ToyFault::kNoDirectorySync));
}
TEST_CASE("planted: an ignored failure of a sync is seen") {
  CHECK(caught(ToyFault::kIgnoreFailedSync, 10));
}

TEST_CASE("a seed run twice gives the same trace; another seed another one") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    ToyPlan plan{.seed = seed, .sync_eio_one_in = 40};
    uint64_t first = run_toy(plan).hash;
    CHECK(first == run_toy(plan).hash);
    plan.seed += 1000;
    CHECK(first != run_toy(plan).hash);
  }
}

}  // namespace
}  // namespace okapi::sim
