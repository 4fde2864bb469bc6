// Proposals that a quorum never had, and what becomes of them.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

// Two of three that are not `leader`.
std::vector<int> others_than(int leader, int members = 3) {
  std::vector<int> out;
  for (int sid = 1; sid <= members; ++sid) {
    if (sid != leader) out.push_back(sid);
  }
  return out;
}

// The leader logs `path` and nobody else does; the others elect, and commit `/after`. The client of
// the new leader.
void orphan_a_proposal(Scenario& scenario, int leader, const std::string& path) {
  size_t doomed = scenario.client(leader);
  scenario.ask(doomed, create("/before"));
  Zxid before = scenario.applied(leader);
  scenario.cut_off({leader});
  scenario.send(doomed, create(path));
  std::string newest = fmt::format("log.{:x}", before.value());
  scenario.run_for(Millis(100));
  int next = scenario.wait_for_leader(others_than(leader));
  scenario.ask(scenario.client(next), create("/after"));
}

TEST_CASE("zk_1154: a deposed leader drops what only it had logged, and nothing else") {
  Scenario scenario;
  int leader = scenario.begin();
  orphan_a_proposal(scenario, leader, "/orphan");
  scenario.heal();
  scenario.until("the old leader follows", [&] { return scenario.has_node(leader, "/after"); });
  CHECK(scenario.has_node(leader, "/before"));
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.end();
}

TEST_CASE("zk_1156: the same after a crash of the old leader, and it keeps to it after another") {
  Scenario scenario;
  int leader = scenario.begin();
  orphan_a_proposal(scenario, leader, "/orphan");
  scenario.power_off(leader);
  scenario.heal();
  scenario.start(leader);
  scenario.wait_for(leader);
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.power_off(leader);
  scenario.start(leader);
  scenario.wait_for(leader);
  CHECK(scenario.has_node(leader, "/after"));
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
