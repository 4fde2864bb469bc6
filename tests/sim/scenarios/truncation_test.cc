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

// The leader logs `path` and nobody else does; the others elect, and commit `/after` if they are to
// go on: then a snapshot replaces what the old leader has, else its log is cut. The new leader.
int orphan_a_proposal(Scenario& scenario, int leader, const std::string& path, bool goes_on) {
  size_t doomed = scenario.client(leader);
  scenario.ask(doomed, create("/before"));
  scenario.cut_off({leader});
  scenario.send(doomed, create(path));
  scenario.run_for(Millis(100));
  int next = scenario.wait_for_leader(others_than(leader));
  if (goes_on) scenario.ask(scenario.client(next), create("/after"));
  return next;
}

void wait_until_follows(Scenario& scenario, int sid, int leader) {
  scenario.until("the old leader follows", [&] {
    return scenario.serves(sid) && !scenario.leads(sid) &&
           scenario.applied(sid) >= scenario.applied(leader);
  });
}

TEST_CASE("zk_1154: a deposed leader drops what only it had logged, and nothing else") {
  bool goes_on = GENERATE(false, true);
  Scenario scenario;
  int leader = scenario.begin();
  int next = orphan_a_proposal(scenario, leader, "/orphan", goes_on);
  scenario.heal();
  wait_until_follows(scenario, leader, next);
  if (!goes_on) scenario.ask(scenario.client(next), create("/after"));
  for (const char* path : {"/before", "/after"}) CHECK(scenario.has_node(leader, path));
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.end();
}

TEST_CASE("zk_1156: the same after a crash of the old leader, and it keeps to it after another") {
  bool goes_on = GENERATE(false, true);
  Scenario scenario;
  int leader = scenario.begin();
  orphan_a_proposal(scenario, leader, "/orphan", goes_on);
  scenario.power_off(leader);
  scenario.heal();
  scenario.start(leader);
  scenario.wait_for(leader);
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.restart(leader);
  CHECK(scenario.has_node(leader, goes_on ? "/after" : "/before"));
  CHECK_FALSE(scenario.has_node(leader, "/orphan"));
  scenario.end();
}

// Behind the cut the log goes on at once, and what is acknowledged from there on must survive.
TEST_CASE("zk_1489, durable_index: what is logged behind a cut is there after power losses") {
  bool goes_on = GENERATE(false, true);
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int next = orphan_a_proposal(scenario, leader, "/orphan", goes_on);
    int away = other_than(leader, next);
    scenario.heal();
    wait_until_follows(scenario, leader, next);
    // From here on it is one of the two who make a quorum.
    scenario.power_off(away);
    size_t client = scenario.client(next);
    for (uint64_t i = 0; i <= seed; ++i) {
      CHECK(scenario.ask(client, create(fmt::format("/b{}", i))).err == ErrorCode::kOk);
    }
    scenario.power_off_all();
    scenario.start(leader);
    scenario.start(away);
    int last = scenario.wait_for_leader({leader, away});
    CHECK(scenario.has_node(last, fmt::format("/b{}", seed)));
    CHECK_FALSE(scenario.has_node(last, "/orphan"));
    scenario.end();
  }
}

// It starts while nobody can tell it better, so that its memory has what is to be undone.
TEST_CASE("zk_1549: a server that recovered what nobody else has gives it up, for good") {
  Scenario scenario({}, GENERATE(range(uint64_t{1}, uint64_t{9})));
  int leader = scenario.begin();
  size_t doomed = scenario.client(leader);
  for (int i = 0; i < 40; ++i) scenario.ask(doomed, create(fmt::format("/a{}", i)));
  scenario.cut_off({leader});
  for (int i = 0; i < 350; ++i) {
    scenario.send(doomed, create(fmt::format("/orphan{}", i), CreateMode::kEphemeral));
  }
  scenario.run_for(Millis(400));
  scenario.power_off(leader);
  scenario.start(leader);
  scenario.wait_for_leader(others_than(leader));
  scenario.run_for(Millis(500));
  scenario.heal();
  scenario.wait_for(leader);
  CHECK_FALSE(scenario.has_node(leader, "/orphan0"));
  scenario.restart(leader);
  CHECK_FALSE(scenario.has_node(leader, "/orphan0"));
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
