#include <catch2/catch.hpp>

#include "tests/unit/session/tracker_world.h"

using namespace okapi;

TEST_CASE("sessions_get_ids_that_count_up_from_server_and_clock") {
  TrackerWorld world;
  SessionId first = world.open(kFirst);
  SessionId second = world.open(kSecond);
  CHECK(first == first_session_id(ServerId(1), 3'600'000));
  CHECK(second.value() == first.value() + 1);
  CHECK(world.tracker.session_count() == 2);
}

TEST_CASE("a_recovered_session_keeps_its_id_for_itself") {
  TrackerWorld world;
  SessionId taken = first_session_id(ServerId(1), 3'600'000);
  world.tracker.track(taken, kTimeout, world.env.world.clock.time);
  CHECK(world.open(kFirst).value() == taken.value() + 1);
}

TEST_CASE("an_attach_with_wrong_password_or_unknown_session_is_refused") {
  TrackerWorld world;
  SessionId session = world.open(kFirst);
  world.send(ConnectionClosed{kFirst, session});
  world.send(AttachSession{kSecond, session, {}, kTimeout});
  CHECK(world.told(1) == Told{"refused"});
  world.attach(kSecond, SessionId(4711));
  CHECK(world.told(1) == Told{"refused"});
  CHECK(world.prep.take().empty());
}

TEST_CASE("a_free_session_is_attached_and_prep_knows_the_owner_first") {
  TrackerWorld world;
  SessionId session = world.open(kFirst);
  world.send(ConnectionClosed{kFirst, session});
  world.attach(kSecond, session);
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].kind == SessionRequest::Kind::kSetOwner);
  CHECK(requests[0].session == session);
  CHECK(requests[0].owner == kSecond);
  CHECK(world.told(1) == Told{"attached"});
}

// Two connections of one session never race (architecture section 7, Attach).
TEST_CASE("an_attach_waits_until_the_old_connection_has_mailed_all_it_had") {
  TrackerWorld world;
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
  TrackerWorld world;
  SessionId session = world.open(kFirst);
  world.attach(kSecond, session);
  world.attach(kThird, session);
  CHECK(world.told(1).size() == 1);  // the older one is told to go
  world.send(ConnectionClosed{kFirst, session});
  auto requests = world.prep.take();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].owner == kThird);
}

TEST_CASE("a_session_expires_only_after_the_workers_were_asked_for_touches_they_keep") {
  TrackerWorld world;
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
  TrackerWorld world;
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
  TrackerWorld world;
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
  TrackerWorld world;
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
  TrackerWorld world;
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

TEST_CASE("a_session_of_another_server_is_tracked_from_its_proposal_on") {
  TrackerWorld world;
  world.send(SessionCreated{SessionId(77), kTimeout});
  CHECK(world.tracker.session_count() == 1);
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
  TrackerWorld world(options);
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
