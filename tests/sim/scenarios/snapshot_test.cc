// Snapshots that are written, and logs that are replayed, while much changes.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

Call multi(std::vector<Call> subs) { return {.op = OpCode::kMulti, .subs = std::move(subs)}; }

Call restrict_to_readers(const std::string& path) {
  return {.op = OpCode::kSetAcl, .path = path, .perms = 25};
}

// One round of changes that a snapshot under way sees in part, and none of which it may keep in
// part: multis over several nodes, parents that go and come again, rights, sessions that end.
void change_much(Scenario& scenario, size_t client, int round) {
  std::string parent = fmt::format("/p{}", round % 5), child = parent + "/c";
  scenario.send(client, multi({create(parent), create(child), set(parent, "one")}));
  scenario.send(client, restrict_to_readers(child));
  scenario.send(client,
                multi({remove(child), create(child), set(child, fmt::format("{}", round))}));
  scenario.send(client, create(parent + "/e", CreateMode::kEphemeral));
  if (round % 3 != 0) {
    scenario.send(client, multi({remove(parent + "/e"), remove(child), remove(parent)}));
  } else {
    scenario.send(client, set(child, "last"));
  }
}

TEST_CASE(
    "zk_3127, zk_3144, zk_3145, zk_1573: what restarts in the midst of changes has them all") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    size_t client = scenario.client(leader);
    scenario.ask(client, create("/a"));
    for (int round = 0; round < 60; ++round) change_much(scenario, client, round);
    std::vector<size_t> short_lived;
    for (int i = 0; i < 6; ++i) {
      short_lived.push_back(scenario.client(1 + i % 3));
      std::string mine = fmt::format("/mine{}", i);
      scenario.ask(short_lived.back(), create(mine, CreateMode::kEphemeral));
      scenario.send(short_lived.back(), close());
      int victim = other_than(leader, 1 + static_cast<int>(seed) % 3);
      if (i % 2 == 0) {
        scenario.restart(victim);
      }
    }
    scenario.power_off_all();
    scenario.end();
  }
}

}  // namespace
}  // namespace okapi::sim
