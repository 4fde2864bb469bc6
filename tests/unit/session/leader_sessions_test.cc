// The tracker of a leader: learners ask and tell about sessions (peer-protocol spec 6.6, 10.2).
#include <catch2/catch.hpp>

#include "tests/unit/session/tracker_world.h"

using namespace okapi;

namespace {

const SessionId kElsewhere{0x200000000000077};
const LinkId kLink{5}, kOtherLink{6};

AskSession ask(SessionId session, LinkId link = kLink, int32_t timeout_ms = kTimeout) {
  return {link, {session, timeout_ms}};
}

// A leader that has just begun, with one session of the table.
struct LeaderWorld : TrackerWorld {
  LeaderWorld() { tracker.track(kElsewhere, kTimeout, env.world.clock.time); }
  // The answers of the tracker since the last look: "5:yes".
  Told verdicts() {
    Told out;
    for (const SessionVerdict& verdict : learners.take()) {
      out.push_back(std::to_string(verdict.link.value()) + (verdict.valid ? ":yes" : ":no"));
    }
    return out;
  }
  // Both workers say that they know of no touch.
  void nobody_touched() {
    send(Touches{0, true, {}});
    send(Touches{1, true, {}});
  }
  bool expires() {
    run();
    nobody_touched();
    auto requests = prep.take();
    return requests.size() == 1 && requests[0].kind == SessionRequest::Kind::kClose;
  }
};

}  // namespace

TEST_CASE("who_takes_a_session_of_a_learner_elsewhere_waits_until_it_is_applied_here") {
  for (bool asked_by_learner : {false, true}) {
    LeaderWorld world;
    const SessionId fresh{0x200000000000099};
    world.send(SessionCreated{fresh, kTimeout});  // from Prep
    // The learner's client may have its answer before the tree here knows the session.
    if (asked_by_learner) {
      world.send(ask(fresh, kOtherLink));
    } else {
      world.attach(kFirst, fresh);
    }
    CHECK(world.verdicts().empty());
    CHECK(world.told(0).empty());
    world.send(SessionCreated{fresh, kTimeout});  // from CommitProcessor
    CHECK(world.verdicts() == (asked_by_learner ? Told{"6:yes"} : Told{}));
    CHECK(world.told(0) == (asked_by_learner ? Told{} : Told{"attached"}));
  }
}

TEST_CASE("a_learner_that_asks_for_a_living_session_owns_it_before_it_hears_so") {
  LeaderWorld world;
  // One box for both: what is posted first is first.
  Outlet<std::variant<SessionRequest, SessionVerdict>> both;
  world.tracker.to_prep = Sink<SessionRequest>(both.box);
  world.tracker.to_learners = Sink<SessionVerdict>(both.box);
  world.send(ask(kElsewhere));
  auto told = both.take();
  REQUIRE(told.size() == 2);
  auto owner = std::get<SessionRequest>(told[0]);
  CHECK(owner.kind == SessionRequest::Kind::kSetOwner);
  CHECK(owner.session == kElsewhere);
  CHECK(owner.owner == SessionOwner(kLink));
  auto verdict = std::get<SessionVerdict>(told[1]);
  CHECK(verdict.link == kLink);
  CHECK(verdict.session == kElsewhere);
  CHECK(verdict.valid);
}

TEST_CASE("a_learner_that_asks_for_an_unknown_or_an_expiring_session_hears_no") {
  LeaderWorld world;
  world.send(ask(SessionId(4711)));
  CHECK(world.verdicts() == Told{"5:no"});
  world.pass(kTimeout + 100);
  REQUIRE(world.expires());
  world.send(ask(kElsewhere));
  CHECK(world.verdicts() == Told{"5:no"});
  CHECK(world.prep.take().empty());
}

TEST_CASE("a_session_leaves_its_connection_here_before_a_learner_gets_it") {
  LeaderWorld world;
  SessionId session = world.open(kFirst);
  world.send(ask(session));
  CHECK(world.told(0) == Told{"close"});
  CHECK(world.verdicts().empty());
  CHECK(world.prep.take().empty());
  world.send(ConnectionClosed{kFirst, session});
  CHECK(world.verdicts() == Told{"5:yes"});
  CHECK(world.prep.take().size() == 1);
}

TEST_CASE(
    "of_two_claims_the_newer_one_owns_the_session_and_the_older_one_is_not_told_that_it_ended") {
  LeaderWorld world;
  SessionId session = world.open(kFirst);
  world.send(ask(session));
  world.send(ask(session, kOtherLink));
  CHECK(world.verdicts() == Told{"5:yes"});  // what it then sends has moved
  world.attach(kSecond, session);
  CHECK(world.verdicts() == Told{"6:yes"});
  CHECK(world.told(1).empty());
  world.send(ConnectionClosed{kFirst, session});
  CHECK(world.told(1) == Told{"attached"});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].owner == SessionOwner(kSecond));
}

TEST_CASE("a_session_that_ends_while_a_learner_waits_for_it_is_refused_to_the_learner") {
  LeaderWorld world;
  SessionId session = world.open(kFirst);
  world.send(ask(session));
  world.send(SessionClosed{session});
  CHECK(world.verdicts() == Told{"5:no"});
}

TEST_CASE("a_new_leader_gives_every_session_its_whole_timeout") {
  LeaderWorld world;
  world.pass(kTimeout - 1);
  CHECK_FALSE(world.expires());
  world.pass(101);
  CHECK(world.expires());
}

TEST_CASE("d5_what_learners_tell_keeps_sessions_alive_from_when_it_comes") {
  LeaderWorld world;
  for (int round = 0; round < 5; ++round) {
    world.pass(kTimeout - 100);
    world.send(TouchSessions{{{kElsewhere, kTimeout}}});
    CHECK_FALSE(world.expires());
  }
  world.pass(kTimeout + 100);
  CHECK(world.expires());
}

TEST_CASE("x_quo_09_a_learner_cannot_shorten_a_session_nor_make_one_up") {
  LeaderWorld world;
  world.send(TouchSessions{{{kElsewhere, -5}, {kElsewhere, 0}, {SessionId(4711), kTimeout}}});
  CHECK(world.tracker.session_count() == 1);
  world.send(ask(kElsewhere, kLink, -1));
  CHECK(world.verdicts() == Told{"5:yes"});
  world.prep.take();
  world.pass(kTimeout - 1);
  CHECK_FALSE(world.expires());
  world.pass(101);
  CHECK(world.expires());
}

TEST_CASE("the_timeout_that_a_learner_agreed_on_counts_from_its_question_on") {
  LeaderWorld world;
  world.send(ask(kElsewhere, kLink, 3 * kTimeout));
  world.prep.take();
  world.pass(2 * kTimeout);
  CHECK_FALSE(world.expires());
  world.send(ask(kElsewhere, kLink, kTimeout));
  world.prep.take();
  world.pass(kTimeout + 100);
  CHECK(world.expires());
}
