// Leaders that are cut off, paused, or die at a bad moment, and what their clients may see.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

// One is to be deposed.
struct LeaderWithClient {
  explicit LeaderWithClient(bool confirms) : shape{.sync_confirms_leadership = confirms} {
    scenario.ask(client, create("/a"));
  }
  EnsembleShape shape;
  Scenario scenario{shape};
  int leader = scenario.begin();
  size_t client = scenario.client(leader, Millis(20'000));
};

TEST_CASE("zk_2247, zk_3701: a leader that cannot write its log ends, and the others go on") {
  Scenario scenario;
  int leader = scenario.begin();
  int follower = other_than(leader);
  size_t client = scenario.client(leader);
  scenario.ask(client, create("/a"));
  DiskFaults& faults = scenario.node(leader).disk().faults();
  int fault = GENERATE(0, 1, 2);
  if (fault == 0) faults.write_eio_one_in = 1;
  if (fault == 1) faults.write_no_space_one_in = 1;
  if (fault == 2) faults.sync_eio_one_in = 1;
  scenario.send(client, create("/b"));
  scenario.until("the leader ends", [&] { return !scenario.node(leader).running(); });
  int next = scenario.wait_for_leader({follower, other_than(leader, follower)});
  CHECK(scenario.ask(scenario.client(next), create("/c")).err == ErrorCode::kOk);
  scenario.end();
}

TEST_CASE("paused_leader: it wakes when another one leads, and serves nothing old to a sync") {
  LeaderWithClient story(GENERATE(false, true));
  auto& [shape, scenario, leader, client] = story;
  Nanos limit = shape.sync_limit_ticks * Nanos(shape.tick);
  scenario.node(leader).pause(4 * limit);
  scenario.run_for(Millis(10));
  size_t asked = scenario.send(client, sync());
  int next = scenario.wait_for_leader({other_than(leader), other_than(leader, other_than(leader))});
  Zxid newer = scenario.ask(scenario.client(next), create("/b")).zxid;
  scenario.run_for(5 * limit);
  if (scenario.answered(client, asked)) CHECK(scenario.call(client, asked).zxid >= newer);
  scenario.end();
}

TEST_CASE("zk_1675: who leads no more and has not noticed answers no confirmed sync") {
  LeaderWithClient story(GENERATE(false, true));
  auto& [shape, scenario, leader, client] = story;
  // Their ends of the links are gone, its own are not.
  scenario.cut_off({leader});
  std::vector<int> others = {other_than(leader), other_than(leader, other_than(leader))};
  for (int sid : others) scenario.kill(sid);
  for (int sid : others) scenario.start(sid);
  int next = scenario.wait_for_leader(others);
  Zxid newer = scenario.ask(scenario.client(next), create("/b")).zxid;
  size_t asked = scenario.send(client, sync());
  bool answered = scenario.within(Millis(50), [&] { return scenario.answered(client, asked); });
  CHECK(answered == !shape.sync_confirms_leadership);
  scenario.end();
  if (!answered && scenario.answered(client, asked)) {
    CHECK(scenario.call(client, asked).zxid >= newer);
  }
}

TEST_CASE("zk_3756: a server that never was there delays no election") {
  EnsembleShape shape{.voters = 3, .members_have_names = true};
  Scenario scenario(shape);
  scenario.all().net().names().silent.insert(member_host(shape, 2));
  scenario.start(1);
  scenario.start(2);
  Nanos soon = Millis(3000);
  CHECK(scenario.within(soon, [&] { return scenario.serves(1) && scenario.serves(2); }));
  scenario.all().net().names().silent.clear();
  scenario.end();
}

TEST_CASE("zk_2355: a session closed while a follower is brought up leaves no ephemeral there") {
  for (int cut_after_ms = 0; cut_after_ms <= 60; cut_after_ms += 4) {
    Scenario scenario;
    int leader = scenario.begin();
    int follower = other_than(leader);
    size_t client = scenario.client(leader);
    scenario.ask(client, create("/e", CreateMode::kEphemeral));
    scenario.run_for(Millis(100));
    scenario.kill(follower);
    scenario.ask(client, create("/a"));
    scenario.send(client, {.op = OpCode::kCloseSession});
    scenario.start(follower);
    scenario.run_for(Millis(300 + cut_after_ms));
    scenario.cut(leader, follower);
    scenario.run_for(Millis(200));
    scenario.heal();
    scenario.wait_for(follower);
    scenario.end();
  }
}

TEST_CASE("zk_3642, zk_5094: whoever dies while it is brought up, nothing is lost or comes back") {
  // Power goes for all, or for the leader alone, a little later each time.
  bool all = GENERATE(false, true);
  for (int after_ms = 180; after_ms <= 330; after_ms += 3) {
    Scenario scenario({}, static_cast<uint64_t>(after_ms));
    int leader = scenario.begin();
    int late = other_than(leader), third = other_than(leader, late);
    size_t client = scenario.client(leader);
    scenario.ask(client, create("/a"));
    scenario.run_for(Millis(100));
    scenario.power_off(late);
    for (int i = 0; i < 30; ++i) scenario.ask(client, create(fmt::format("/b{}", i)));
    scenario.start(late);
    scenario.run_for(Millis(after_ms));
    if (all) {
      scenario.power_off_all();
    } else {
      scenario.power_off(leader);
    }
    if (!scenario.node(late).running()) scenario.start(late);
    if (!scenario.node(third).running()) scenario.start(third);
    int next = scenario.wait_for_leader({late, third});
    CHECK(scenario.has_node(next, "/b29"));
    scenario.end();
  }
}

}  // namespace
}  // namespace okapi::sim
