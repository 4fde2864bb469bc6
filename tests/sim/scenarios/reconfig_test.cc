// Memberships that change while servers crash: by reconfig, and by new config files.
#include "tests/sim/scenarios/scenario.h"

namespace okapi::sim {
namespace {

constexpr EnsembleShape kFour{.voters = 4, .config_files = true, .reconfig = true};
constexpr EnsembleShape kFive{.voters = 5, .config_files = true, .reconfig = true};

// The first `voters` are the ensemble. The others know that they are to belong to it, and follow
// without a vote until they do.
int begin_with(Scenario& scenario, size_t voters, const EnsembleShape& all) {
  EnsembleShape first = all;
  first.voters = voters;
  for (int sid = 1; sid <= static_cast<int>(voters); ++sid) scenario.give_config(sid, first);
  return scenario.begin();
}

// Three are the ensemble, and the others may come to vote.
struct Change {
  Scenario scenario;
  int leader;
  size_t client;

  explicit Change(uint64_t seed, const EnsembleShape& shape = kFour)
      : scenario(shape, seed),
        leader(begin_with(scenario, 3, shape)),
        client(scenario.super_client(leader)) {
    scenario.ask(client, create("/a"));
  }

  // Of four: whatever came of it, everybody can be made a member, and writes go on.
  void end() {
    scenario.heal();
    scenario.start_all();
    for (int sid = 1; sid <= 4; ++sid) {
      scenario.until("the membership changes", [&] {
        int next = scenario.wait_for_leader({1, 2, 3, 4});
        size_t client_there = scenario.super_client(next);
        size_t asked = scenario.send(client_there, joining(kFour, sid));
        scenario.within(Millis(5000), [&] { return scenario.ended(client_there, asked); });
        return scenario.answered(client_there, asked) &&
               scenario.call(client_there, asked).err == ErrorCode::kOk;
      });
    }
    scenario.run_for(Millis(3000));
    int next = scenario.wait_for_leader({1, 2, 3, 4});
    CHECK(scenario.ask(scenario.client(next), create("/b")).err == ErrorCode::kOk);
    scenario.end();
  }
};

// The fourth votes, too; or it takes the leader's place; or the leader goes.
Call change_of(int kind, int leader) {
  Call call = kind == 2 ? leaving(leader) : joining(kFour, 4);
  if (kind == 1) call.data = leaving(leader).data;
  return call;
}

TEST_CASE("g14: a changed membership counts, and is kept over a restart of all") {
  Change change(1);
  Scenario& scenario = change.scenario;
  CHECK(scenario.ask(change.client, joining(kFour, 4)).err == ErrorCode::kOk);
  scenario.run_for(Millis(1000));
  scenario.power_off_all();
  // Two of four are no quorum.
  scenario.start(3);
  scenario.start(4);
  CHECK_FALSE(scenario.within(Millis(10'000), [&] { return scenario.serves(3); }));
  scenario.start(1);
  scenario.wait_for(4);
  change.end();
}

TEST_CASE("reconfig_crash a: a change that only the leader has logged is void without it") {
  int kind = GENERATE(0, 1, 2);
  Change change(1);
  Scenario& scenario = change.scenario;
  scenario.cut_off({change.leader});
  scenario.send(change.client, change_of(kind, change.leader));
  scenario.run_for(Millis(100));
  scenario.power_off(change.leader);
  int one = other_than(change.leader), two = other_than(change.leader, one);
  scenario.wait_for_leader({one, two});
  // Two of the three of old: the third is not asked.
  scenario.start(change.leader);
  scenario.power_off(4);
  scenario.heal();
  scenario.wait_for(change.leader);
  change.end();
}

// From its proposal on, at any moment: some have logged it, a quorum of the old, of both, or some
// know that it is in use.
TEST_CASE("reconfig_crash b c d: the leader's power goes while its change is agreed on") {
  int kind = GENERATE(0, 1, 2);
  bool joiner_away = GENERATE(false, true);
  for (int after_us = 0; after_us <= 9000; after_us += 250) {
    INFO("change " << kind << ", " << after_us << " us");
    Change change(static_cast<uint64_t>(after_us) + 1);
    Scenario& scenario = change.scenario;
    size_t asked = scenario.send(change.client, change_of(kind, change.leader));
    if (joiner_away) scenario.cut_off({4});
    scenario.run_for(Micros(after_us));
    bool done = scenario.answered(change.client, asked);
    scenario.power_off(change.leader);
    // Without the joiner two are left, who may need it.
    int one = other_than(change.leader), two = other_than(change.leader, one);
    if (!joiner_away || done) {
      scenario.run_for(Millis(5000));
      scenario.heal();
      int next = scenario.wait_for_leader({one, two, 4});
      CHECK(scenario.ask(scenario.client(next), create("/without")).err == ErrorCode::kOk);
    }
    change.end();
  }
}

// Three are to become five. The leader has a quorum of the five, or of the three, and not of both.
TEST_CASE("g14: a change is not decided by a quorum of the new members, or of the old, alone") {
  bool has_new = GENERATE(false, true);
  Change change(1, kFive);
  Scenario& scenario = change.scenario;
  int leader = change.leader, one = other_than(leader), two = other_than(leader, one);
  scenario.cut_off(has_new ? std::vector<int>{leader, 4, 5} : std::vector<int>{leader, one});
  Call both = joining(kFive, 4);
  both.path += "," + joining(kFive, 5).path;
  size_t asked = scenario.send(change.client, both);
  scenario.run_for(Millis(2000));
  CHECK_FALSE(scenario.answered(change.client, asked));
  if (!has_new) return scenario.end();
  int next = scenario.wait_for_leader({one, two});
  CHECK(scenario.ask(scenario.client(next), create("/b")).err == ErrorCode::kOk);
  scenario.heal();
  for (int sid = 1; sid <= 5; ++sid) scenario.wait_for(sid);
  CHECK(scenario.has_node(leader, "/b"));
  scenario.end();
}

// The others have a quorum of the new five, the two that are left one of the old three.
TEST_CASE("zk_2819: who missed a change of the membership elects nobody by the old one") {
  Change change(1, kFive);
  Scenario& scenario = change.scenario;
  int leader = change.leader, late = other_than(leader), other = other_than(leader, late);
  scenario.power_off(late);
  for (int sid : {4, 5}) {
    CHECK(scenario.ask(change.client, joining(kFive, sid)).err == ErrorCode::kOk);
    scenario.run_for(Millis(1000));
  }
  scenario.cut_off({late, other});
  scenario.start(late);
  CHECK_FALSE(scenario.within(Millis(20'000), [&] { return scenario.leads(late); }));
  CHECK_FALSE(scenario.leads(other));
  int next = scenario.wait_for_leader({leader, 4, 5});
  scenario.ask(scenario.client(next), create("/b"));
  scenario.heal();
  scenario.wait_for(late);
  scenario.end();
}

TEST_CASE("zk_3829: an ensemble grows by config files, one restart after the other") {
  EnsembleShape four{.voters = 4, .config_files = true}, three = four;
  three.voters = 3;
  Scenario scenario(four, GENERATE(range(uint64_t{1}, uint64_t{6})));
  for (int sid = 1; sid <= 3; ++sid) {
    scenario.give_config(sid, three);
    scenario.start(sid);
  }
  int made = 0;
  auto check_serves = [&](const std::vector<int>& sids) {
    for (int sid : sids) scenario.wait_for(sid);
    int leader = scenario.wait_for_leader(sids);
    Call call = create(fmt::format("/a{}", made++));
    CHECK(scenario.ask(scenario.client(leader), call).err == ErrorCode::kOk);
  };
  check_serves({1, 2, 3});
  scenario.start(4);
  check_serves({1, 2, 3, 4});
  for (int sid = 1; sid <= 3; ++sid) {
    scenario.kill(sid);
    scenario.give_config(sid, four);
    scenario.start(sid);
    check_serves({1, 2, 3, 4});
  }
  scenario.end();
}

}  // namespace
}  // namespace okapi::sim
