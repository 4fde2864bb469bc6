// How a leader brings the others to its history.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

TEST_CASE("zk_2846: a leader that once got a snapshot does not send its log across that hole") {
  // What is sent how depends on bounds that are drawn.
  Scenario scenario({.voters = 5}, GENERATE(range(uint64_t{1}, uint64_t{21})));
  int leader = scenario.begin();
  std::vector<int> others;
  for (int sid = 1; sid <= 5; ++sid) {
    if (sid != leader) others.push_back(sid);
  }
  // Of equals the larger id leads.
  int behind = others.front(), third = others[1], jumper = others.back();
  size_t client = scenario.client(leader);
  scenario.ask(client, create("/a"));
  scenario.run_for(Millis(200));
  // One sees nothing more; one is away for so long that only a snapshot helps it.
  scenario.power_off(behind);
  scenario.power_off(jumper);
  for (int i = 0; i < 250; ++i) scenario.ask(client, create(fmt::format("/b{}", i)));
  scenario.start(jumper);
  scenario.wait_for(jumper);
  // A new epoch, and the log of the one that jumped goes on.
  scenario.power_off(leader);
  scenario.wait_for_leader(others);
  scenario.wait_for(jumper);
  scenario.ask(scenario.client(jumper), create("/c"));
  scenario.run_for(Millis(300));
  scenario.power_off_all();
  scenario.start(jumper);
  scenario.start(third);
  scenario.start(behind);
  scenario.wait_for(behind);
  CHECK(scenario.leads(jumper));
  CHECK(scenario.has_node(behind, "/b3"));
  CHECK(scenario.has_node(behind, "/c"));
  scenario.end();
}

// Only the old leader has it in its log; when it serves as leader of the next epoch, a quorum has
// it on disk. Nobody asks anything then: further writes would sync what was not.
TEST_CASE("zk_4785: whoever acks a new leader keeps what it brought, when the power goes for all") {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int second = other_than(leader), third = other_than(leader, second);
    size_t client = scenario.client(leader);
    scenario.ask(client, create("/a"));
    Zxid before = scenario.applied(leader);
    scenario.cut_off({leader});
    scenario.send(client, create("/z"));
    scenario.run_for(Millis(20));
    scenario.lose_client(client);
    for (int sid : {leader, second, third}) scenario.kill(sid);
    scenario.heal();
    scenario.start_all();
    scenario.wait_for(leader);
    bool shown =
        scenario.applied(leader).epoch() == before.epoch() && scenario.applied(leader) > before;
    scenario.power_off_all();
    scenario.start(second);
    scenario.start(third);
    int next = scenario.wait_for_leader({second, third});
    if (shown) CHECK(scenario.has_node(next, "/z"));
    scenario.end();
  }
}

TEST_CASE("zk_3023: who saw a node elsewhere finds it on a server that has just come up") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int late = other_than(leader);
    scenario.power_off(late);
    std::vector<size_t> movers(5);
    for (size_t& mover : movers) mover = scenario.client(leader);
    for (int i = 0; i < 20; ++i) scenario.ask(movers[0], create(fmt::format("/a{}", i)));
    scenario.start(late);
    // They knock from the beginning, and are let in as soon as anybody is.
    for (size_t i = 0; i < movers.size(); ++i) {
      CHECK(scenario.ask(movers[i], create(fmt::format("/mine{}", i))).err == ErrorCode::kOk);
      scenario.move(movers[i], late);
    }
    for (size_t i = 0; i < movers.size(); ++i) {
      std::string mine = fmt::format("/mine{}", i);
      scenario.until("a mover reads on the new server", [&] {
        size_t asked = scenario.send(movers[i], exists(mine));
        scenario.run_for(Millis(20));
        return scenario.answered(movers[i], asked) &&
               scenario.call(movers[i], asked).err == ErrorCode::kOk;
      });
    }
    scenario.end();
  }
}

TEST_CASE("zk_1367: what is proposed while a server is brought up is in its log, too") {
  for (int after_ms = 0; after_ms <= 60; after_ms += 4) {
    Scenario scenario({}, static_cast<uint64_t>(after_ms) + 1);
    int leader = scenario.begin();
    int late = other_than(leader), third = other_than(leader, late);
    size_t client = scenario.client(leader), leaving = scenario.client(leader);
    scenario.ask(leaving, create("/e", CreateMode::kEphemeral));
    scenario.run_for(Millis(100));
    scenario.power_off(late);
    for (int i = 0; i < 30; ++i) scenario.ask(client, create(fmt::format("/a{}", i)));
    scenario.start(late);
    scenario.run_for(Millis(180 + after_ms));
    scenario.send(leaving, close());
    for (int i = 0; i < 100; ++i) scenario.send(client, create(fmt::format("/b{}", i)));
    scenario.ask(client, create("/last"));
    scenario.wait_for(late);
    scenario.run_for(Millis(100));
    // Nobody else can tell it what its log lacks, if it leads.
    scenario.power_off(leader);
    scenario.power_off(late);
    scenario.start(late);
    int next = scenario.wait_for_leader({late, third});
    CHECK_FALSE(scenario.has_node(next, "/e"));
    CHECK(scenario.has_node(late, "/last"));
    scenario.end();
  }
}

// The log thread, or the tree, is still at work for the old term when the next one begins.
TEST_CASE("zk_4712, zk_3598: a follower loses its leader in the middle of many writes") {
  bool slow_disk = GENERATE(false, true);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int follower = other_than(leader);
    DiskFaults& faults = scenario.node(follower).disk().faults();
    faults.slow_sync_max = Millis(400);
    if (slow_disk) faults.slow_sync_one_in = 2;
    size_t client = scenario.client(leader);
    for (int i = 0; i < 300; ++i) scenario.send(client, create(fmt::format("/a{}", i)));
    scenario.run_for(Millis(static_cast<int64_t>(5 + 9 * seed)));
    if (seed % 2 == 0) {
      scenario.cut(leader, follower);
      scenario.run_for(Millis(3000));
      scenario.heal();
    } else {
      scenario.kill(leader);
      scenario.run_for(Millis(500));
      scenario.start(leader);
    }
    scenario.wait_for(follower);
    scenario.end();
  }
}

// It serves a history that goes on elsewhere, and adds nothing to it.
TEST_CASE("zk_3526: a server that was read-only for a while follows on and can lead") {
  Scenario scenario({.voters = 3, .read_only_mode = true},
                    GENERATE(range(uint64_t{1}, uint64_t{6})));
  int leader = scenario.begin();
  int stays = other_than(leader), other = other_than(leader, stays);
  size_t writer = scenario.client(leader);
  for (int i = 0; i < 30; ++i) scenario.ask(writer, create(fmt::format("/a{}", i)));
  scenario.run_for(Millis(200));
  scenario.power_off(leader);
  scenario.power_off(other);
  for (int i = 0; i < 3; ++i) {
    size_t reader = scenario.read_only_client(stays);
    CHECK(scenario.ask(reader, exists("/a29")).err == ErrorCode::kOk);
    if (i != 0) scenario.ask(reader, close());
  }
  scenario.lose_disk(other);
  scenario.start(leader);
  scenario.start(other);
  scenario.wait_for(other);
  CHECK(scenario.has_node(other, "/a29"));
  scenario.power_off(leader);
  CHECK(scenario.has_node(scenario.wait_for_leader({stays, other}), "/a29"));
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
