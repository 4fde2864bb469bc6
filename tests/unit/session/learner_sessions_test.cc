// The tracker of a learner: its leader decides (peer-protocol spec 6.6, 10.2).
#include <catch2/catch.hpp>

#include "tests/unit/session/tracker_world.h"

using namespace okapi;

namespace {

const SessionId kElsewhere{0x200000000000077};

SessionTracker::Options learner_options(int64_t sessions_max = 100) {
  return {.tick = Millis(100),
          .server = ServerId(3),
          .workers = 2,
          .sessions_max = sessions_max,
          .tracked = SessionsTracked::kByLeader};
}

struct LearnerWorld : TrackerWorld {
  explicit LearnerWorld(int64_t sessions_max = 100) : TrackerWorld(learner_options(sessions_max)) {}
  // The sessions that the leader was asked about since the last look.
  std::vector<SessionId> asked() {
    std::vector<SessionId> out;
    for (const Revalidation& question : leader.take()) {
      CHECK(question.timeout_ms == kTimeout);
      out.push_back(question.session);
    }
    return out;
  }
};

using Asked = std::vector<SessionId>;

}  // namespace

TEST_CASE("a_session_opened_at_a_learner_has_its_id_and_is_asked_of_the_leader_in_its_name") {
  LearnerWorld world;
  SessionId session = world.open(kFirst);
  CHECK(static_cast<uint64_t>(session.value()) >> 56 == 3);
  CHECK(world.open(kSecond).value() == session.value() + 1);
}

TEST_CASE("d5_a_learner_never_expires_a_session") {
  LearnerWorld world;
  world.tracker.track(kElsewhere, kTimeout, world.env.world.clock.time);
  world.open(kFirst);
  world.pass(100 * kTimeout);
  CHECK_FALSE(world.run().deadline().has_value());
  CHECK(world.told(0).empty());
  CHECK(world.prep.take().empty());
  CHECK(world.tracker.session_count() == 2);
}

TEST_CASE("a_learner_tells_what_its_clients_touched") {
  LearnerWorld world;
  SessionId session = world.open(kFirst);
  MonoTime now = world.env.world.clock.time;
  world.send(Touches{0, false, {{session, now, kTimeout}, {SessionId(4711), now, kTimeout}}});
  CHECK(world.touched.take() == std::vector<SessionTouch>{{session, kTimeout}});
}

TEST_CASE("an_attach_at_a_learner_is_decided_by_the_leader") {
  bool valid = GENERATE(true, false);
  LearnerWorld world;
  world.tracker.track(kElsewhere, kTimeout, world.env.world.clock.time);
  world.attach(kFirst, kElsewhere);
  CHECK(world.asked() == Asked{kElsewhere});
  CHECK(world.told(0).empty());
  world.send(SessionAnswer{kElsewhere, valid});
  CHECK(world.told(0) == Told{valid ? "attached" : "refused"});
  CHECK(world.prep.take().empty());  // the leader has set the owner
  world.send(SessionAnswer{kElsewhere, true});
  CHECK(world.told(0).empty());
}

TEST_CASE("a_wrong_password_is_refused_by_the_learner_itself") {
  LearnerWorld world;
  world.tracker.track(kElsewhere, kTimeout, world.env.world.clock.time);
  world.send(AttachSession{kFirst, kElsewhere, {}, kTimeout});
  CHECK(world.told(0) == Told{"refused"});
  CHECK(world.asked().empty());
}

TEST_CASE("a_learner_closes_the_older_connection_before_it_asks") {
  LearnerWorld world;
  SessionId session = world.open(kFirst);
  world.attach(kSecond, session);
  CHECK(world.told(0) == Told{"close"});
  CHECK(world.asked().empty());
  world.send(SessionAnswer{session, true});  // to nothing that was asked
  CHECK(world.told(1).empty());
  world.send(ConnectionClosed{kFirst, session});
  CHECK(world.asked() == Asked{session});
  world.attach(kThird, session);  // again a newer one, while the leader is asked
  CHECK(world.told(1) == Told{"close"});
  CHECK(world.asked().empty());
  world.send(SessionAnswer{session, true});
  CHECK(world.told(1) == Told{"attached"});
  // The third one has it.
  world.attach(kFirst, session);
  CHECK(world.told(1) == Told{"close"});
}

TEST_CASE(
    "a_session_that_the_learner_has_not_heard_of_is_asked_for_and_known_when_the_answer_comes") {
  LearnerWorld world;
  world.attach(kFirst, kElsewhere);
  CHECK(world.asked() == Asked{kElsewhere});
  world.send(SessionCreated{kElsewhere, kTimeout});
  world.send(SessionAnswer{kElsewhere, true});
  CHECK(world.told(0) == Told{"attached"});
}

// The leader's tracker had not seen the end yet when it said yes.
TEST_CASE("a_session_whose_end_comes_before_the_answer_is_refused") {
  LearnerWorld world;
  world.tracker.track(kElsewhere, kTimeout, world.env.world.clock.time);
  world.attach(kFirst, kElsewhere);
  world.send(SessionClosed{kElsewhere});
  CHECK(world.told(0) == Told{"refused"});
  world.attach(kFirst, kElsewhere);
  world.send(SessionAnswer{kElsewhere, true});
  CHECK(world.told(0) == Told{"refused"});
  CHECK(world.tracker.session_count() == 0);
  CHECK(world.prep.take().empty());
}

TEST_CASE("l_13_no_more_attaches_wait_for_the_leader_than_the_bound") {
  LearnerWorld world(2);
  world.attach(kFirst, SessionId(1));
  world.attach(kFirst, SessionId(2));
  world.attach(kSecond, SessionId(3));
  CHECK(world.asked() == Asked{SessionId(1), SessionId(2)});
  CHECK(world.told(1) == Told{"close"});
  world.send(SessionAnswer{SessionId(1), false});
  world.attach(kSecond, SessionId(3));
  CHECK(world.asked() == Asked{SessionId(3)});
}
