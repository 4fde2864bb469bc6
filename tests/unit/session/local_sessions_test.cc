// Sessions that only their server knows (client-protocol spec 7.6), on each kind of server.
#include <catch2/catch.hpp>

#include "tests/unit/session/tracker_world.h"

using namespace okapi;

namespace {

const SessionId kGlobal{0x200000000000077};

SessionTracker::Options local_options(SessionsTracked tracked) {
  return {
      .tick = Millis(100), .server = ServerId(3), .workers = 2, .tracked = tracked, .local = true};
}

// One global session is in the table.
struct LocalWorld : TrackerWorld {
  explicit LocalWorld(SessionsTracked tracked) : TrackerWorld(local_options(tracked)) {
    tracker.track(kGlobal, kTimeout, env.world.clock.time);
  }
  SessionId open_local(ConnectionId connection) {
    send(OpenSession{connection, kTimeout});
    auto orders = workers[connection.worker()].take();
    REQUIRE(orders.size() == 1);
    AttachResult result = std::get<AttachResult>(orders[0]);
    CHECK(result.connection == connection);
    CHECK(result.timeout_ms == kTimeout);
    CHECK(result.local_timeout_ms == kTimeout);
    return result.session;
  }
  // Nothing was asked of CommitProcessor, Prep or the leader.
  void check_silent() {
    CHECK(commit.take().empty());
    CHECK(prep.take().empty());
    CHECK(leader.take().empty());
    CHECK(touched.take().empty());
  }
  // Lets the next buckets fall: the workers are asked, and have nothing.
  void let_fall(int64_t ms) {
    pass(ms);
    run();
    send(Touches{0, true, {}});
    send(Touches{1, true, {}});
  }
};

SessionsTracked any_kind() {
  return GENERATE(SessionsTracked::kHere, SessionsTracked::kByLeader, SessionsTracked::kByNobody);
}

}  // namespace

TEST_CASE("a_local_session_is_open_at_once_and_no_transaction_tells_of_it") {
  LocalWorld world(any_kind());
  SessionId session = world.open_local(kFirst);
  CHECK(static_cast<uint64_t>(session.value()) >> 56 == 3);
  CHECK(world.open_local(kSecond).value() == session.value() + 1);
  world.check_silent();
  CHECK(world.tracker.local_count() == 2);
  CHECK(world.tracker.session_count() == 3);
}

TEST_CASE("a_local_session_that_is_touched_lives_and_else_expires_here") {
  LocalWorld world(any_kind());
  SessionId touched = world.open_local(kFirst);
  SessionId silent = world.open_local(kSecond);
  world.pass(kTimeout - 100);
  world.send(Touches{0, false, {{touched, world.env.world.clock.time, kTimeout}}});
  world.check_silent();
  world.let_fall(300);
  CHECK(world.told(0) == Told{"touches"});
  CHECK(world.told(1) == Told{"touches", "close"});
  CHECK(world.tracker.local_count() == 1);
  world.attach(kThird, silent);
  if (world.leader.take().empty()) CHECK(world.told(1) == Told{"refused"});
  world.attach(kThird, touched);
  CHECK(world.told(0) == Told{"close"});
}

TEST_CASE("a_local_session_moves_between_connections_and_keeps_its_first_timeout_for_an_upgrade") {
  LocalWorld world(any_kind());
  SessionId session = world.open_local(kFirst);
  world.send(AttachSession{kSecond, session, password_of(session, {}), 3 * kTimeout});
  CHECK(world.told(0) == Told{"close"});
  CHECK(world.told(1).empty());
  world.send(ConnectionClosed{kFirst, session});
  auto orders = world.workers[1].take();
  REQUIRE(orders.size() == 1);
  CHECK(std::get<AttachResult>(orders[0]).timeout_ms == 3 * kTimeout);
  CHECK(std::get<AttachResult>(orders[0]).local_timeout_ms == kTimeout);
  world.check_silent();
  world.pass(2 * kTimeout);  // the new timeout counts, for it alone
  world.run();
  world.send(Touches{0, true, {}});
  world.send(Touches{1, true, {}});
  CHECK(world.tracker.local_count() == 1);
}

TEST_CASE("a_local_session_that_its_client_closed_is_refused_from_then_on") {
  LocalWorld world(SessionsTracked::kHere);
  SessionId session = world.open_local(kFirst);
  bool contended = GENERATE(false, true);
  if (contended) world.attach(kSecond, session);  // while the close is under way
  world.send(LocalSessionClosed{session});
  if (!contended) world.attach(kSecond, session);
  CHECK(world.told(1) == Told{"refused"});
  CHECK(world.tracker.local_count() == 0);
  world.send(LocalSessionClosed{session});
  world.send(ConnectionClosed{kFirst, session});
  CHECK(world.tracker.session_count() == 1);
  world.check_silent();
}

TEST_CASE("a_wrong_password_of_a_local_session_is_refused") {
  LocalWorld world(any_kind());
  SessionId session = world.open_local(kFirst);
  world.send(AttachSession{kSecond, session, {}, kTimeout});
  CHECK(world.told(0).empty());
  CHECK(world.told(1) == Told{"refused"});
}

TEST_CASE("a_leader_tells_learners_nothing_of_its_local_sessions") {
  LocalWorld world(SessionsTracked::kHere);
  SessionId session = world.open_local(kFirst);
  const LinkId link{7};
  world.send(AskSession{link, {session, kTimeout}});
  auto verdicts = world.learners.take();
  REQUIRE(verdicts.size() == 1);
  CHECK_FALSE(verdicts[0].valid);
  CHECK(world.told(0).empty());
  // Nor does a learner keep it alive.
  world.pass(kTimeout - 100);
  world.send(TouchSessions{{{session, 100 * kTimeout}}});
  world.let_fall(300);
  CHECK(world.told(0) == Told{"touches", "close"});
}

// Behind the createSession that its worker sent.
TEST_CASE("an_upgraded_session_counts_as_global_from_then_on") {
  auto kind = GENERATE(SessionsTracked::kHere, SessionsTracked::kByLeader);
  LocalWorld world(kind);
  SessionId session = world.open_local(kFirst);
  world.send(SessionUpgrading{session});
  CHECK(world.tracker.local_count() == 0);
  CHECK(world.tracker.session_count() == 2);
  MonoTime now = world.env.world.clock.time;
  world.send(Touches{0, false, {{session, now, kTimeout}}});
  bool learner = kind == SessionsTracked::kByLeader;
  CHECK(world.touched.take().size() == (learner ? 1 : 0));
  world.let_fall(kTimeout + 200);
  // The leader lets it expire, a learner does not.
  auto requests = world.prep.take();
  size_t closes = 0;
  for (const SessionRequest& request : requests) {
    closes += request.kind == SessionRequest::Kind::kClose && request.session == session ? 1 : 0;
  }
  CHECK(closes == (learner ? 0 : 1));
  for (const std::string& order : world.told(0)) CHECK(order == "touches");
}

// Until then no other server has heard of it, not even the leader.
TEST_CASE("who_wants_a_session_that_is_being_upgraded_waits_until_the_transaction_is_applied") {
  auto kind = GENERATE(SessionsTracked::kHere, SessionsTracked::kByLeader);
  LocalWorld world(kind);
  SessionId session = world.open_local(kFirst);
  world.send(SessionUpgrading{session});
  bool closed_first = GENERATE(false, true);
  world.attach(kSecond, session);
  CHECK(world.told(0) == Told{"close"});
  if (closed_first) world.send(ConnectionClosed{kFirst, session});
  CHECK(world.told(1).empty());
  CHECK(world.leader.take().empty());
  world.send(SessionCreated{session, kTimeout});
  if (!closed_first) {
    CHECK(world.told(1).empty());
    world.send(ConnectionClosed{kFirst, session});
  }
  if (kind == SessionsTracked::kByLeader) {
    CHECK(world.leader.take().size() == 1);
    world.send(SessionAnswer{session, true});
  } else {
    CHECK(world.prep.take().size() == 1);  // the new owner
  }
  auto orders = world.workers[1].take();
  REQUIRE(orders.size() == 1);
  CHECK(std::get<AttachResult>(orders[0]).session == session);
  CHECK(std::get<AttachResult>(orders[0]).local_timeout_ms == 0);
}

TEST_CASE("an_upgrade_that_the_leader_refuses_ends_the_session") {
  LocalWorld world(SessionsTracked::kByLeader);
  SessionId session = world.open_local(kFirst);
  world.send(SessionUpgrading{session});
  world.attach(kSecond, session);
  world.send(SessionClosed{session});
  CHECK(world.told(1) == Told{"refused"});
  CHECK(world.tracker.session_count() == 1);
  CHECK(world.tracker.local_count() == 0);
}

// The transaction may be applied before the tracker hears that it is under way, and a session may
// end before that.
TEST_CASE("a_late_word_of_an_upgrade_changes_nothing") {
  LocalWorld world(SessionsTracked::kByLeader);
  SessionId session = world.open_local(kFirst);
  world.send(SessionCreated{session, kTimeout});
  CHECK(world.tracker.local_count() == 0);
  world.send(SessionUpgrading{session});
  world.send(SessionUpgrading{SessionId(4711)});
  world.send(ConnectionClosed{kFirst, session});
  world.attach(kSecond, session);
  CHECK(world.leader.take().size() == 1);
  CHECK(world.tracker.session_count() == 2);
  world.send(SessionClosed{session});
  CHECK(world.tracker.session_count() == 1);
}

TEST_CASE("dump_lists_local_sessions_apart_and_global_ones_where_their_time_is_counted") {
  auto kind = any_kind();
  LocalWorld world(kind);
  SessionId session = world.open_local(kFirst);
  world.send(AskSessions{7});
  auto answers = world.admin.take();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].local.has_value());
  REQUIRE(answers[0].local->size() == 1);
  CHECK(answers[0].local->front().second == std::vector<SessionId>{session});
  CHECK(answers[0].global.has_value() == (kind == SessionsTracked::kHere));
  if (!answers[0].global.has_value()) return;
  REQUIRE(answers[0].global->size() == 1);
  CHECK(answers[0].global->front().second == std::vector<SessionId>{kGlobal});
}

TEST_CASE("a_read_only_server_sends_clients_of_a_global_session_elsewhere") {
  LocalWorld world(SessionsTracked::kByNobody);
  world.attach(kFirst, kGlobal);
  CHECK(world.told(0) == Told{"close"});
  // One that it has not heard of is no session.
  world.attach(kSecond, SessionId(4711));
  CHECK(world.told(1) == Told{"refused"});
  world.pass(100 * kTimeout);
  CHECK_FALSE(world.run().deadline().has_value());
  CHECK(world.tracker.session_count() == 1);
  world.check_silent();
}
