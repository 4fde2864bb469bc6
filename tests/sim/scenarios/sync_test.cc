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

}  // namespace
}  // namespace okapi::sim
