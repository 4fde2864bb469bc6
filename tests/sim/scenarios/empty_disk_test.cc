// A server whose disk was lost must not help a stale one to power (safety 4.3, row "everything").
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

TEST_CASE("f_dsk_08: stale, wiped and one that knows: what was acknowledged survives") {
  Scenario scenario({}, GENERATE(range(uint64_t{1}, uint64_t{31})));
  int leader = scenario.begin();
  int stale = leader % 3 + 1, wiped = stale % 3 + 1;
  size_t client = scenario.client(leader);
  scenario.ask(client, create("/old"));
  scenario.run_for(Millis(100));
  scenario.power_off(stale);
  scenario.ask(client, create("/new"));
  scenario.run_for(Millis(100));
  bool leader_is_away = GENERATE(false, true);
  scenario.power_off(wiped);
  if (leader_is_away) scenario.power_off(leader);
  scenario.lose_disk(wiped);
  scenario.start(stale);
  scenario.start(wiped);
  if (leader_is_away) {
    // Nobody who serves could have it.
    CHECK_FALSE(scenario.within(Millis(20'000),
                                [&] { return scenario.serves(stale) || scenario.serves(wiped); }));
    scenario.start(leader);
  }
  scenario.wait_for(stale);
  CHECK(scenario.has_node(stale, "/new"));
  scenario.end();
}

TEST_CASE("inv_b7: who has a leader's history on its disk votes, though it never served") {
  Scenario scenario;
  scenario.start(3);
  scenario.start(2);
  scenario.until("server 2 acknowledges the history of 3",
                 [&] { return scenario.file(2, "currentEpoch") == "1"; });
  scenario.block(3, 2);
  scenario.wait_for(3);
  size_t client = scenario.client(3);
  scenario.send(client, create("/a"));
  scenario.until("server 3 gives up", [&] { return !scenario.serves(3); });
  CHECK(scenario.files(3, "log.") == 1);
  scenario.heal();
  // Without server 1, which was never there.
  scenario.wait_for(3);
  scenario.wait_for(2);
  scenario.end();
}

TEST_CASE("zk_2959: observers are no quorum") {
  Scenario scenario({.voters = 3, .observers = 2});
  scenario.start(1);
  scenario.start(4);
  scenario.start(5);
  CHECK_FALSE(scenario.within(Millis(20'000), [&] { return scenario.serves(1); }));
  scenario.start(2);
  scenario.wait_for(4);
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
