// Disks that fail, and power that goes at a chosen call on a chosen file.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

using Kind = DiskCall::Kind;

// Those by which a file comes to stand under its name.
constexpr Kind kReplacing[] = {Kind::kCreate, Kind::kWrite, Kind::kSync, Kind::kRename,
                               Kind::kSyncDirectory};

// The power of `sid` goes at each of `kReplacing`, for a file whose path contains `name`; of its
// directory, at the sync that comes after.
void power_off_in(Scenario& scenario, int sid, const std::string& name, Kind kind) {
  scenario.power_off_at(sid, kind, kind == Kind::kSyncDirectory ? "version-2" : name);
}

TEST_CASE("zk_4882: a follower whose disk fails for a moment does not follow on with a hole") {
  bool sync_fails = GENERATE(false, true);
  Scenario scenario;
  int leader = scenario.begin();
  int follower = other_than(leader);
  DiskFaults& faults = scenario.node(follower).disk().faults();
  size_t client = scenario.client(leader);
  scenario.ask(client, create("/a"));
  (sync_fails ? faults.sync_eio_one_in : faults.write_eio_one_in) = 1;
  CHECK(scenario.ask(client, create("/b")).err == ErrorCode::kOk);
  scenario.until("the follower ends", [&] { return !scenario.node(follower).running(); });
  faults = {};
  CHECK(scenario.ask(client, create("/c")).err == ErrorCode::kOk);
  scenario.start(follower);
  scenario.wait_for(follower);
  scenario.restart(follower);
  CHECK(scenario.has_node(follower, "/b"));
  scenario.end();
}

TEST_CASE("zk_2307, zk_4269: an epoch file that cannot be replaced ends the server, no more") {
  std::string file = GENERATE(as<std::string>{}, "acceptedEpoch", "currentEpoch");
  int fault = GENERATE(0, 1, 2);
  Scenario scenario;
  int leader = scenario.begin();
  scenario.ask(scenario.client(leader), create("/a"));
  int one = other_than(leader), other = other_than(leader, one);
  for (int sid : {one, other}) {
    DiskFaults& faults = scenario.node(sid).disk().faults();
    faults.only = file;
    (fault == 0   ? faults.rename_eio_one_in
     : fault == 1 ? faults.write_no_space_one_in
                  : faults.sync_eio_one_in) = 1;
  }
  scenario.kill(leader);
  // Who is to lead writes first; alone the other one has no epoch to write.
  scenario.until("one ends",
                 [&] { return !scenario.node(one).running() || !scenario.node(other).running(); });
  for (int sid : {one, other}) {
    scenario.node(sid).disk().faults() = {};
    if (!scenario.node(sid).running()) scenario.start(sid);
  }
  CHECK(scenario.has_node(scenario.wait_for_leader({one, other}), "/a"));
  scenario.end();
}

// The one whose power goes may lead or follow; whatever it had promised it keeps to.
TEST_CASE("zk_2354, zk_1291, zk_1282: power goes while an epoch is written; the next one differs") {
  std::string file = GENERATE(as<std::string>{}, "acceptedEpoch", "currentEpoch");
  Kind kind = kReplacing[GENERATE(range(0, 5))];
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int victim = other_than(leader), other = other_than(leader, victim);
    if (seed % 2 == 0) std::swap(victim, other);
    scenario.ask(scenario.client(leader), create("/a"));
    power_off_in(scenario, victim, file, kind);
    scenario.power_off(leader);
    scenario.until("the power goes", [&] { return !scenario.node(victim).running(); });
    // With the one that knows what was chosen, or with the old leader, that does not.
    int second = seed % 3 == 0 ? leader : other;
    scenario.power_off(other);
    scenario.start(victim);
    scenario.start(second);
    int next = scenario.wait_for_leader({victim, second});
    scenario.ask(scenario.client(next), create("/b"));
    scenario.end();
  }
}

TEST_CASE("zk_2872: power goes while a leader's snapshot is kept; none of it, or all, is there") {
  Kind kind = kReplacing[GENERATE(range(0, 5))];
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int late = other_than(leader), third = other_than(leader, late);
    size_t client = scenario.client(leader);
    scenario.ask(client, create("/a"));
    scenario.power_off(late);
    for (int i = 0; i < 250; ++i) scenario.ask(client, create(fmt::format("/b{}", i)));
    power_off_in(scenario, late, "snapshot.", kind);
    scenario.start(late);
    scenario.until("the power goes", [&] { return !scenario.node(late).running(); });
    scenario.node(late).disk().watch({});
    scenario.power_off(leader);
    scenario.start(late);
    CHECK(scenario.has_node(scenario.wait_for_leader({late, third}), "/b249"));
    scenario.end();
  }
}

// A write that two of three have is acknowledged; then the power goes for both.
TEST_CASE("dir_fsync: the name of a log file lasts as long as what was acknowledged in it") {
  size_t logs = GENERATE(1, 2);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario scenario({}, seed);
    int leader = scenario.begin();
    int follower = other_than(leader), away = other_than(leader, follower);
    scenario.power_off(away);
    size_t client = scenario.client(leader);
    for (int made = 0; scenario.files(follower, "log.") < logs; ++made) {
      scenario.ask(client, create(fmt::format("/a{}", made)));
    }
    scenario.ask(client, create("/last"));
    scenario.power_off(leader);
    scenario.power_off(follower);
    scenario.start(follower);
    scenario.start(away);
    CHECK(scenario.has_node(scenario.wait_for_leader({follower, away}), "/last"));
    scenario.end();
  }
}

}  // namespace
}  // namespace okapi::sim
