#include "server/session/session_tracker.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_env.h"

using namespace okapi;

namespace {

constexpr int32_t kTimeout = 1000;

// A tracker of two workers, its neighbours played by the test.
struct World {
  World() : World(SessionTracker::Options{Millis(100), ServerId(1), 2}) {}
  explicit World(const SessionTracker::Options& options) : tracker(options, env.log()) {
    tracker.mail.attach(bell);
    tracker.to_commit = commit.sink();
    tracker.to_prep = prep.sink();
    for (size_t i = 0; i < 2; ++i) tracker.to_workers[i] = workers[i].sink();
    env.world.clock.time = MonoTime(std::chrono::hours(1));
  }
  void send(SessionMail item) {
    tracker.mail.post(std::move(item));
    run();
  }
  Turn run() { return step(tracker, env); }
  void pass(int64_t ms) { env.world.clock.time += Millis(ms); }

  // Opens a session on a connection; both requests are checked.
  SessionId open(ConnectionId connection) {
    send(OpenSession{connection, kTimeout});
    auto pending = commit.take();
    auto requests = prep.take();
    REQUIRE(pending.size() == 1);
    REQUIRE(requests.size() == 1);
    CHECK(pending[0].session == requests[0].session);
    CHECK(requests[0].kind == SessionRequest::Kind::kCreate);
    CHECK(requests[0].connection == connection);
    CHECK(requests[0].timeout_ms == kTimeout);
    return requests[0].session;
  }
  void attach(ConnectionId connection, SessionId session) {
    send(AttachSession{connection, session, password_of(session, {}), kTimeout});
  }
  // What a worker was told: "attached", "refused", "close", "touches".
  std::vector<std::string> told(size_t worker) {
    std::vector<std::string> out;
    for (const SessionOrder& order : workers[worker].take()) {
      if (const auto* result = std::get_if<AttachResult>(&order)) {
        out.push_back(result->session == SessionId() ? "refused" : "attached");
      } else if (std::holds_alternative<CloseConnection>(order)) {
        out.push_back("close");
      } else {
        out.push_back("touches");
      }
    }
    return out;
  }

  FakeEnv env;
  FakeBell bell;
  Outlet<SessionRequest> commit, prep;
  Outlet<SessionOrder> workers[2];
  SessionTracker tracker;
};

using Told = std::vector<std::string>;
const ConnectionId kFirst = ConnectionId::make(0, 1, 1);
const ConnectionId kSecond = ConnectionId::make(1, 1, 1);
const ConnectionId kThird = ConnectionId::make(1, 2, 1);

}  // namespace

TEST_CASE("sessions_get_ids_that_count_up_from_server_and_clock") {
  World world;
  SessionId first = world.open(kFirst);
  SessionId second = world.open(kSecond);
  CHECK(first == first_session_id(ServerId(1), 3'600'000));
  CHECK(second.value() == first.value() + 1);
  CHECK(world.tracker.session_count() == 2);
}

TEST_CASE("a_recovered_session_keeps_its_id_for_itself") {
  World world;
  SessionId taken = first_session_id(ServerId(1), 3'600'000);
  world.tracker.track(taken, kTimeout, world.env.world.clock.time);
  CHECK(world.open(kFirst).value() == taken.value() + 1);
}

TEST_CASE("an_attach_with_wrong_password_or_unknown_session_is_refused") {
  World world;
  SessionId session = world.open(kFirst);
  world.send(ConnectionClosed{kFirst, session});
  world.send(AttachSession{kSecond, session, {}, kTimeout});
  CHECK(world.told(1) == Told{"refused"});
  world.attach(kSecond, SessionId(4711));
  CHECK(world.told(1) == Told{"refused"});
  CHECK(world.prep.take().empty());
}

TEST_CASE("a_free_session_is_attached_and_prep_knows_the_owner_first") {
  World world;
  SessionId session = world.open(kFirst);
  world.send(ConnectionClosed{kFirst, session});
  world.attach(kSecond, session);
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].kind == SessionRequest::Kind::kSetOwner);
  CHECK(requests[0].session == session);
  CHECK(requests[0].connection == kSecond);
  CHECK(world.told(1) == Told{"attached"});
}

// Two connections of one session never race (architecture section 7, Attach).
TEST_CASE("an_attach_waits_until_the_old_connection_has_mailed_all_it_had") {
  World world;
  SessionId session = world.open(kFirst);
  world.attach(kSecond, session);
  CHECK(world.told(0) == Told{"close"});
  CHECK(world.told(1).empty());
  CHECK(world.prep.take().empty());
  world.send(ConnectionClosed{kThird, session});  // of somebody else
  CHECK(world.told(1).empty());
  world.send(ConnectionClosed{kFirst, session});
  CHECK(world.told(1) == Told{"attached"});
  CHECK(world.prep.take().size() == 1);
}

TEST_CASE("of_two_attaches_that_wait_the_newer_one_wins") {
  World world;
  SessionId session = world.open(kFirst);
  world.attach(kSecond, session);
  world.attach(kThird, session);
  CHECK(world.told(1).size() == 1);  // the older one is told to go
  world.send(ConnectionClosed{kFirst, session});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].connection == kThird);
}

TEST_CASE("a_session_expires_only_after_the_workers_were_asked_for_touches_they_keep") {
  World world;
  SessionId session = world.open(kFirst);
  world.pass(kTimeout + 100);
  world.run();
  CHECK(world.told(0) == Told{"touches"});
  CHECK(world.told(1) == Told{"touches"});
  CHECK(world.prep.take().empty());
  world.send(Touches{0, true, {}});
  CHECK(world.prep.take().empty());
  world.send(Touches{1, true, {}});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].kind == SessionRequest::Kind::kClose);
  CHECK(requests[0].session == session);
  CHECK(world.tracker.expired().get() == 1);
}

TEST_CASE("a_touch_under_way_saves_its_session_but_no_other") {
  World world;
  SessionId saved = world.open(kFirst);
  SessionId lost = world.open(kSecond);
  MonoTime touched = world.env.world.clock.time + Millis(900);
  world.pass(kTimeout + 100);
  world.run();
  world.send(Touches{0, true, {{saved, touched, kTimeout}}});
  world.send(Touches{1, true, {}});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].session == lost);
  CHECK(world.tracker.session_count() == 2);  // until closeSession is applied
}

TEST_CASE("the_tracker_wakes_for_the_next_bucket_and_then_goes_on_expiring") {
  World world;
  world.open(kFirst);
  MonoTime opened = world.env.world.clock.time;
  Turn turn = world.run();
  REQUIRE(turn.deadline().has_value());
  CHECK(*turn.deadline() == opened + Millis(kTimeout + 100));
  for (int round = 0; round < 3; ++round) {
    SessionId session = world.open(kSecond);
    world.pass(kTimeout + 100);
    world.run();
    world.send(Touches{0, true, {}});
    world.send(Touches{1, true, {}});
    auto requests = world.prep.take();
    REQUIRE_FALSE(requests.empty());
    CHECK(requests.back().session == session);
  }
}

TEST_CASE("a_session_that_is_expiring_takes_no_attach_and_no_touch") {
  World world;
  SessionId session = world.open(kFirst);
  world.send(ConnectionClosed{kFirst, session});
  world.pass(kTimeout + 100);
  world.run();
  world.send(Touches{0, true, {}});
  world.send(Touches{1, true, {}});
  world.told(0);
  world.told(1);
  world.attach(kSecond, session);
  CHECK(world.told(1) == Told{"refused"});
  world.send(Touches{0, false, {{session, world.env.world.clock.time, kTimeout}}});
  world.pass(10 * kTimeout);
  world.run();
  CHECK(world.told(0).empty());  // it is in no bucket any more
}

TEST_CASE("a_closed_session_is_forgotten_here_and_in_prep_and_whoever_waits_for_it_is_refused") {
  World world;
  SessionId session = world.open(kFirst);
  world.attach(kSecond, session);
  world.told(0);
  world.send(SessionClosed{session});
  CHECK(world.told(1) == Told{"refused"});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].kind == SessionRequest::Kind::kForget);
  CHECK(world.tracker.session_count() == 0);
  world.send(SessionClosed{session});
  CHECK(world.tracker.session_count() == 0);
  world.attach(kThird, session);
  CHECK(world.told(1) == Told{"refused"});
}

TEST_CASE("a_session_of_another_server_is_tracked_when_its_creation_is_applied") {
  World world;
  world.send(SessionCreated{SessionId(77), kTimeout});
  CHECK(world.tracker.session_count() == 1);
  SessionId own = world.open(kFirst);
  world.send(SessionCreated{own, kTimeout});
  CHECK(world.tracker.session_count() == 2);
  world.attach(kSecond, SessionId(77));
  CHECK(world.told(1) == Told{"attached"});
}

TEST_CASE("l_13_no_more_sessions_than_the_bound_and_room_again_when_one_ends") {
  SessionTracker::Options options{Millis(100), ServerId(1), 2};
  options.sessions_max = 2;
  World world(options);
  SessionId first = world.open(kFirst);
  world.open(kSecond);
  world.send(OpenSession{kThird, kTimeout});
  CHECK(world.commit.take().empty());
  CHECK(world.told(kThird.worker()) == Told{"close"});
  CHECK(world.tracker.session_count() == 2);
  world.send(SessionClosed{first});
  world.prep.take();
  world.open(kThird);
}
