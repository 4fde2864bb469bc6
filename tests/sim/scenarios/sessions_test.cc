// Sessions that end or move while a request of theirs is on its way.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

TEST_CASE("zk_1208: an ephemeral asked for before its session expired is not made after that") {
  for (int heals_after_ms = 1000; heals_after_ms <= 2400; heals_after_ms += 50) {
    Scenario scenario({}, static_cast<uint64_t>(heals_after_ms));
    int leader = scenario.begin();
    int follower = other_than(leader);
    size_t client = scenario.client(follower, Millis(1000));
    scenario.ask(client, create("/mine", CreateMode::kEphemeral));
    // What it asks waits on the way; of its session the leader hears nothing. The link stands.
    scenario.block(follower, leader);
    size_t asked = scenario.send(client, create("/late", CreateMode::kEphemeral));
    // The end of the session is on its way to the disks for a while.
    for (int sid = 1; sid <= 3; ++sid) {
      DiskFaults& faults = scenario.node(sid).disk().faults();
      faults.slow_sync_one_in = 1;
      faults.slow_sync_max = Millis(600);
    }
    scenario.run_for(Millis(heals_after_ms));
    scenario.heal();
    scenario.run_for(Millis(1000));
    if (scenario.answered(client, asked)) {
      CHECK(scenario.has_node(leader, "/late") ==
            (scenario.call(client, asked).err == ErrorCode::kOk));
    }
    scenario.end();
  }
}

TEST_CASE("moved: what a session asked through its old server comes too late") {
  for (int heals_after_ms = 50; heals_after_ms <= 2000; heals_after_ms += 150) {
    Scenario scenario;
    int leader = scenario.begin();
    int from = other_than(leader), to = other_than(leader, from);
    if (heals_after_ms % 100 == 0) to = leader;
    size_t client = scenario.client(from);
    scenario.ask(client, create("/a"));
    scenario.block(from, leader);
    scenario.send(client, create("/early", CreateMode::kEphemeral));
    Call early = create("/early-multi", CreateMode::kEphemeral);
    scenario.send(client, {.op = OpCode::kMulti, .subs = {early}});
    scenario.run_for(Millis(20));
    scenario.move(client, to);
    scenario.run_for(Millis(20));
    // It is asked only when the session is attached to its new server.
    CHECK(scenario.ask(client, create("/late")).err == ErrorCode::kOk);
    CHECK_FALSE(scenario.has_node(leader, "/early"));
    scenario.run_for(Millis(heals_after_ms));
    scenario.heal();
    scenario.run_for(Millis(500));
    CHECK_FALSE(scenario.has_node(leader, "/early"));
    CHECK_FALSE(scenario.has_node(leader, "/early-multi"));
    scenario.end();
  }
}

// It closes, moves or goes while its server makes it a session of all for its first ephemeral.
TEST_CASE("zk_3471, zk_2926: no ephemeral is made for a session that is gone by then") {
  int how = GENERATE(0, 1, 2);
  for (int after_us = 0; after_us <= 9000; after_us += 300) {
    Scenario scenario({.voters = 3, .local_sessions = true}, static_cast<uint64_t>(after_us) + 1);
    int leader = scenario.begin();
    int from = other_than(leader), to = other_than(leader, from);
    size_t client = scenario.client(from, Millis(2000));
    scenario.ask(client, create("/plain"));
    scenario.send(client, create("/mine", CreateMode::kEphemeral));
    if (how == 0) scenario.send(client, close());
    scenario.run_for(Micros(after_us));
    if (how == 1) scenario.move(client, to);
    if (how == 2) scenario.lose_client(client);
    scenario.run_for(Millis(6000));
    if (how != 1) CHECK_FALSE(scenario.has_node(leader, "/mine"));
    scenario.end();
  }
}

TEST_CASE("lost_connect: who greets a server whose leader goes is answered or sent away") {
  for (int after_ms = 0; after_ms <= 40; after_ms += 4) {
    Scenario scenario;
    int leader = scenario.begin();
    int follower = other_than(leader);
    scenario.ask(scenario.client(follower), create("/a"));
    scenario.block(leader, follower);
    size_t client = scenario.client(follower);
    size_t asked = scenario.send(client, create("/b"));
    scenario.run_for(Millis(after_ms));
    scenario.kill(leader);
    scenario.heal();
    scenario.until("it hears something", [&] { return scenario.ended(client, asked); });
    scenario.end();
  }
}

TEST_CASE("lost_acceptor: ports at which accepting failed for a while are not deaf for ever") {
  Scenario scenario({.voters = 3, .observers = 1}, GENERATE(range(uint64_t{1}, uint64_t{6})));
  int leader = scenario.begin();
  scenario.all().net().options().accept_error_one_in = 1;
  scenario.kill(leader);
  scenario.run_for(Millis(2000));
  size_t client = scenario.client(4);
  scenario.start(leader);
  scenario.run_for(Millis(10'000));
  scenario.all().net().options().accept_error_one_in = 0;
  scenario.wait_for_all();
  CHECK(scenario.ask(client, create("/a")).err == ErrorCode::kOk);
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
