// Turns, timers, mail and prices of the simulated scheduler.
#include "tests/sim/sim_scheduler.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/env/mailbox.h"
#include "tests/sim/sim_node.h"

namespace okapi::sim {
namespace {

// A stage made of a function.
class Doer final : public Stage {
 public:
  explicit Doer(std::function<void(Turn&)> what) : what_(std::move(what)) {}
  void step(Turn& turn) override {
    ++steps;
    what_(turn);
  }
  int steps = 0;

 private:
  std::function<void(Turn&)> what_;
};

SchedulerOptions plain() {
  return {.step_min = Micros(1), .step_max = Micros(1), .stall_one_in = 0, .spurious_one_in = 0};
}

struct Bench {
  explicit Bench(uint64_t seed = 1)
      : world(seed), net(world, {}), node(world, net, "n", "10.0.0.1", plain()) {
    node.disk().put_file("/data/setup", "");
    node.start([](SimEnv&) { return std::make_unique<Program>(); });
  }
  Bell& enroll(Stage& stage, const std::string& home) {
    return node.scheduler().enroll(stage, {.home = home});
  }
  SimWorld world;
  SimNet net;
  SimNode node;
};

TEST_CASE("a stage gets a first step, then sleeps until mail or its deadline") {
  Bench bench;
  Mailbox<int> box;
  Doer stage([&](Turn& turn) {
    std::vector<int> mail;
    box.drain(mail);
    if (!mail.empty()) turn.wake_at(turn.now() + Millis(5));
  });
  box.attach(bench.enroll(stage, "Stage"));
  bench.world.run_for(Millis(100));
  CHECK(stage.steps == 1);
  box.post(7);
  bench.world.run_for(Millis(1));
  CHECK(stage.steps == 2);
  bench.world.run_for(Millis(100));
  CHECK(stage.steps == 3);  // the deadline, once: the next step forgot it
  bench.node.scheduler().retire(stage);
}

TEST_CASE("again lets others step in between, and time goes on") {
  Bench bench;
  std::string order;
  Doer slow([&](Turn& turn) {
    order += 's';
    if (order.size() < 40) turn.again();
  });
  Doer other([&](Turn& turn) {
    order += 'o';
    if (order.size() < 40) turn.again();
  });
  bench.enroll(slow, "Slow");
  bench.enroll(other, "Other");
  bench.world.run_for(Millis(10));
  CHECK(order.find("os") != std::string::npos);
  CHECK(order.find("so") != std::string::npos);
}

TEST_CASE("the order of ready stages depends on the seed alone") {
  auto order_of = [](uint64_t seed) {
    Bench bench(seed);
    std::string order;
    Doer a([&](Turn&) { order += 'a'; }), b([&](Turn&) { order += 'b'; }),
        c([&](Turn&) { order += 'c'; });
    bench.enroll(a, "A");
    bench.enroll(b, "B");
    bench.enroll(c, "C");
    bench.world.run_for(Millis(1));
    return order;
  };
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    seen.insert(order_of(seed));
    CHECK(order_of(seed) == order_of(seed));
  }
  CHECK(seen.size() == 6);
}

TEST_CASE("a stage that spins without end is a failure, not a hang") {
  Bench bench;
  bench.world.set_turns_per_second_max(1000);
  Doer stage([](Turn& turn) { turn.again(); });
  bench.enroll(stage, "Spin");
  CHECK_FALSE(bench.world.run_for(Millis(5000)));
  CHECK(bench.world.failure().find("spinning") == 0);
}

// A writer posts 1, calls the disk, posts 2; the reader notes when each came.
struct Posting {
  explicit Posting(Bench& b) : bench(b) {
    box.attach(bench.enroll(reader, "Reader"));
    bench.enroll(writer, "Writer");
  }
  Bench& bench;
  Mailbox<int> box;
  std::vector<std::pair<int, MonoTime>> got;
  MonoTime posted{};
  Doer reader{[this](Turn&) {
    std::vector<int> mail;
    box.drain(mail);
    for (int item : mail) got.emplace_back(item, bench.world.now());
  }};
  Doer writer{[this](Turn&) {
    box.post(1);
    auto file = bench.node.disk().open("/data/f", OpenMode::kCreate);
    REQUIRE((*file)->write_at(0, "x").ok());
    REQUIRE((*file)->sync().ok());
    posted = bench.node.meter().now();
    box.post(2);
    box.post(3);
  }};
};

TEST_CASE("mail posted behind disk calls leaves when they are paid, in order") {
  Bench bench;
  Posting run(bench);
  bench.world.run_for(Millis(10));
  REQUIRE(run.got.size() == 3);
  CHECK(run.got[0].first == 1);
  CHECK(run.got[0].second < run.posted);
  CHECK(run.got[1].first == 2);
  CHECK(run.got[1].second >= run.posted);
  CHECK(run.got[2].first == 3);
}

TEST_CASE("a crash loses the mail that waits for the disk, and no other") {
  Bench bench;
  Posting run(bench);
  REQUIRE(
      bench.world.run_until(bench.world.now() + Millis(10), [&] { return run.got.size() == 1; }));
  // The sync takes at least 80 microseconds: stop the world within them.
  REQUIRE(bench.world.now() < run.posted);
  bench.node.kill();
  bench.world.run_for(Millis(10));
  CHECK(run.got.size() == 1);
}

TEST_CASE("fatal ends the node when its calls are paid, and says why") {
  Bench bench;
  SimEnv* env = nullptr;
  bench.node.kill();
  Doer stage([&](Turn&) {
    REQUIRE(env->disk().sync_directory("/data").ok());
    env->fatal(10, "log write failed");
  });
  bench.node.start([&](SimEnv& e) {
    env = &e;
    e.scheduler().enroll(stage, {.home = "Stage"});
    return std::make_unique<Program>();
  });
  bench.world.run_for(Millis(10));
  CHECK_FALSE(bench.node.running());
  REQUIRE(bench.node.exit().has_value());
  CHECK(bench.node.exit()->code == 10);
  CHECK(bench.node.exit()->why == "log write failed");
}

TEST_CASE("fatal while the program boots is an exit, too") {
  Bench bench;
  bench.node.kill();
  bool running =
      bench.node.start([](SimEnv& env) -> std::unique_ptr<Program> { env.fatal(2, "no myid"); });
  CHECK_FALSE(running);
  CHECK(bench.node.exit()->code == 2);
}

TEST_CASE("retiring a stage waits for its step and keeps what it had posted") {
  Bench bench;
  Posting run(bench);
  REQUIRE(
      bench.world.run_until(bench.world.now() + Millis(10), [&] { return run.got.size() == 1; }));
  MonoTime done{};
  Doer closer([&](Turn&) {
    bench.node.scheduler().retire(run.writer);
    done = bench.node.meter().now();
  });
  bench.enroll(closer, "Closer");
  bench.world.run_for(Millis(10));
  CHECK(done >= run.posted);
  CHECK(run.got.size() == 3);
}

TEST_CASE("f_prc_02: a paused program steps again when it is woken") {
  Bench bench;
  Doer stage([](Turn& turn) { turn.wake_at(turn.now() + Millis(10)); });
  bench.enroll(stage, "Ticker");
  bench.world.run_for(Millis(100));
  bench.node.pause(Millis(500));
  int before = stage.steps;
  bench.world.run_for(Millis(490));
  CHECK(stage.steps == before);
  bench.world.run_for(Millis(100));
  CHECK(stage.steps > before);
}

TEST_CASE("f_clk_02: deadlines hold on clocks of any rate, and are never early") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(seed);
    MonoTime asked{};
    bool early = false;
    Doer stage([&](Turn& turn) {
      if (asked != MonoTime{} && turn.now() < asked) early = true;
      asked = turn.now() + Millis(777);
      turn.wake_at(asked);
    });
    bench.enroll(stage, "Ticker");
    bench.world.run_for(Millis(10'000));
    CHECK_FALSE(early);
    CHECK(stage.steps >= 12);
    CHECK(stage.steps <= 15);
  }
}

}  // namespace
}  // namespace okapi::sim
