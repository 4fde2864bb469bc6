// CommitProcessor and CommitWorker of a learner: syncs wait for the leader, other servers' writes
// pass by, what the leader says of sessions keeps its place among the commits.
#include <catch2/catch.hpp>

#include "tests/unit/request/commit_world.h"

using namespace okapi;

namespace {

const SessionId kOther{0x200000000000009};
const LinkId kLink{5};

// Writes are prepared as on one server; what goes to the leader as a sync is kept by the test.
struct LearnerWorld : CommitWorld {
  LearnerWorld() : CommitWorld(SyncGoes::kToLeader) { worker.to_prep = Sink<PrepMail>(road.box); }
  // Sends what went to the leader to Prep; how many syncs were among it.
  size_t forward() {
    size_t syncs = 0;
    for (PrepMail& mail : road.take()) {
      if (std::get<RequestPtr>(mail)->op == OpCode::kSync) {
        ++syncs;
      } else {
        prep.prep->requests.post(std::move(mail));
      }
    }
    return syncs;
  }
  Outlet<PrepMail> road;
};

}  // namespace

TEST_CASE(
    "g08_a_sync_on_a_learner_is_answered_when_the_leader_says_so_and_holds_up_what_is_behind") {
  LearnerWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kSync, PathRequest{"/path"});
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  world.send(OpCode::kSetData, SetDataRequest{"/a", "x", -1});
  CHECK(world.forward() == 1);  // pipelined behind the write; the read waits, and what is behind it
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1"});
  world.commit_behind(SyncDone{kSession, 2});
  world.serve();
  std::string sent = world.client().out;
  CHECK(world.frames() == Frames{"2", "3"});
  jute::InputArchive in(sent);
  ByteView sync = in.get_buffer().value();
  CHECK(sync.substr(16) == ByteView("\0\0\0\5/path", 9));
  world.worker.flush();
  CHECK(world.forward() == 0);
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"4"});
  CHECK(world.client().lane.idle());
  CHECK(world.admission.outstanding.load() == 0);
  CHECK(world.client().outstanding == 0);
}

TEST_CASE("a_sync_behind_a_read_goes_when_that_is_answered") {
  LearnerWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  world.send(OpCode::kSync, PathRequest{"/"});
  CHECK(world.forward() == 0);
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1", "2"});
  world.worker.flush();
  CHECK(world.forward() == 1);
  world.commit_behind(SyncDone{kSession, 3});
  world.serve();
  CHECK(world.frames() == Frames{"3"});
}

TEST_CASE("a_sync_that_cannot_be_read_is_answered_with_an_error_in_its_turn") {
  LearnerWorld world;
  world.send(OpCode::kSync, ReadRequest{"", false});  // trailing bytes are no harm
  world.send(OpCode::kSync, ErrorTxn{77});            // a length beyond the end is
  world.forward();
  world.commit_behind(SyncDone{kSession, 1});
  world.commit_behind(SyncDone{kSession, 2});
  world.serve();
  CHECK(world.frames() == Frames{"1", "2:-5"});
}

TEST_CASE("a_sync_of_a_connection_that_ended_is_counted_out_sent_or_not") {
  LearnerWorld world;
  world.send(OpCode::kSync, PathRequest{"/"});
  world.send(OpCode::kGetData, ReadRequest{"/", false});
  world.send(OpCode::kSync, PathRequest{"/"});
  world.forward();
  world.worker.forget(world.client());
  world.clients.close(world.id);
  world.worker.flush();
  CHECK(world.forward() == 0);
  world.commit_behind(SyncDone{kSession, 1});
  world.serve();
  CHECK(world.admission.outstanding.load() == 0);
}

TEST_CASE("a_sync_that_nobody_waits_for_does_no_harm") {
  LearnerWorld world;
  world.send(OpCode::kSync, PathRequest{"/"});
  world.forward();
  world.commit_behind(SyncDone{kSession, 7});
  world.commit_behind(SyncDone{kOther, 1});
  world.serve();
  CHECK(world.frames().empty());
  world.commit_behind(SyncDone{kSession, 1});
  world.serve();
  CHECK(world.frames() == Frames{"1"});
}

TEST_CASE("where_this_server_answers_syncs_they_do_not_leave_it") {
  CommitWorld world;
  world.send(OpCode::kSync, PathRequest{"/"});
  CHECK(world.frames() == Frames{"1"});
}

TEST_CASE(
    "o5_writes_of_other_servers_pass_by_and_a_write_of_a_session_that_moved_away_comes_back") {
  LearnerWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.forward();
  // The session has a new owner, who writes too.
  world.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kCreate, kOther, kLink, 1000});
  world.prep.post(make_request(OpCode::kCreate, 1, create_of("/theirs"), kOther, ConnectionId()));
  world.prep.run();
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1"});
  world.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kSetOwner, kSession, kLink, 0});
  world.prep.run();
  world.send(OpCode::kCreate, create_of("/late"));
  world.forward();
  world.commit_all();
  world.serve();
  CHECK(world.client().close_now);
  CHECK(world.admission.outstanding.load() == 0);
  CHECK_FALSE(world.prep.database.tree().read("/late").found());
}

TEST_CASE("a_session_that_the_leader_creates_or_refuses_is_told_to_whoever_waits_for_it") {
  bool refused = GENERATE(false, true);
  LearnerWorld world;
  SessionRequest create{SessionRequest::Kind::kCreate, kOther, world.id, 1000};
  if (refused) world.prep.prep->requests.post(create);  // the leader knows that id
  world.commit_all();
  world.tracker.take();
  world.commit.pending_sessions.post(create);
  world.prep.prep->requests.post(create);
  world.commit_all();
  world.serve();
  REQUIRE(world.worker.opened.size() == 1);
  CHECK(world.worker.opened[0].connection == world.id);
  CHECK(world.worker.opened[0].session == (refused ? SessionId() : kOther));
  CHECK(world.worker.opened[0].timeout_ms == (refused ? 0 : 1000));
  auto told = world.tracker.take();
  REQUIRE(told.size() == 1);
  CHECK(std::holds_alternative<SessionClosed>(told[0]) == refused);
}

// Else a learner would refuse a session whose creation it is about to apply.
TEST_CASE("the_leaders_word_on_a_session_comes_behind_what_was_committed_before_it") {
  LearnerWorld world;
  world.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kCreate, kOther, kLink, 1000});
  world.prep.run();
  world.commit.committed.post(world.prep.waiting.front());
  world.commit_behind(SessionAnswer{kOther, true});
  auto told = world.tracker.take();
  REQUIRE(told.size() == 2);
  CHECK(std::get<SessionCreated>(told[0]).session == kOther);
  CHECK(std::get<SessionAnswer>(told[1]).session == kOther);
  CHECK(world.commit.commits().get() == 1);
}
