// CommitProcessor and CommitWorker together: ordering rules O2 to O5 and O7 as a client sees them.
#include <catch2/catch.hpp>

#include "tests/unit/request/commit_world.h"

using namespace okapi;

TEST_CASE("o5_a_write_is_answered_once_when_it_is_applied") {
  CommitWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  CHECK(world.admission.outstanding.load() == 1);
  world.serve();
  CHECK(world.frames().empty());
  world.commit_all();
  CHECK(world.worker_bell.rings == 1);
  world.serve();
  CHECK(world.frames() == Frames{"1"});
  CHECK(world.admission.outstanding.load() == 0);
  CHECK(world.client().outstanding == 0);
  CHECK(world.client().lane.idle());
}

TEST_CASE("o5_a_refused_write_is_answered_with_its_error") {
  CommitWorld world;
  world.send(OpCode::kDelete, DeleteRequest{"/none", -1});
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101"});
}

TEST_CASE("o4_answers_come_in_the_order_of_requests") {
  CommitWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  world.send(OpCode::kSetData, SetDataRequest{"/a", "x", -1});
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  CHECK(world.frames().empty());
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1", "2"});
  world.worker.flush();  // the second write goes only now
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"3", "4"});
}

// The event is seen before the new data.
TEST_CASE("o3_a_read_that_sees_a_change_comes_behind_its_event_even_if_the_feed_was_not_served") {
  CommitWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.commit_all();
  world.serve();
  world.send(OpCode::kGetData, ReadRequest{"/a", true});
  CHECK(world.frames() == Frames{"1", "2"});
  // Another session's write is applied; this worker has not looked yet.
  world.prep.prep->requests.post(SessionRequest{SessionRequest::Kind::kCreate, SessionId(9),
                                                ConnectionId::make(0, 9, 1), 1000});
  world.prep.post(make_request(OpCode::kSetData, 1, SetDataRequest{"/a", "new", -1}, SessionId(9),
                               ConnectionId::make(0, 9, 1)));
  world.commit_all();
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  CHECK(world.frames() == Frames{"event", "3"});
  world.serve();
  CHECK(world.frames().empty());
}

TEST_CASE("o7_a_read_behind_an_answer_has_no_older_zxid_though_last_applied_is_not_stored_yet") {
  CommitWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.commit_all();
  world.serve();
  CHECK(world.frames() == std::vector<std::string>{"1"});
  // The applier has published the answer to its next transaction and holds that one's shards.
  Zxid next = world.last_zxid.next();
  world.feed.claim().zxid = next;
  world.feed.publish();
  world.serve();
  world.send(OpCode::kExists, ReadRequest{"/b", false});
  CHECK(world.frames() == std::vector<std::string>{"2:-101"});
  CHECK(world.last_zxid == next);
}

TEST_CASE("o3_the_answer_that_sets_a_watch_comes_before_its_event_and_a_write_after_it") {
  CommitWorld world;
  world.send(OpCode::kExists, ReadRequest{"/a", true});
  world.send(OpCode::kCreate, create_of("/a"));
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101", "event", "2"});
}

TEST_CASE("a_watch_event_is_dropped_without_a_word_if_the_watcher_may_not_read_the_node") {
  CommitWorld world;
  world.send(OpCode::kExists, ReadRequest{"/a", true});
  CreateRequest secret = create_of("/a");
  secret.acl.items = {{Perms::kAll, "ip", "9.9.9.9"}};
  world.send(OpCode::kCreate, secret);
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101", "2"});
}

TEST_CASE("a_moved_connection_is_closed_without_a_reply") {
  CommitWorld world;
  world.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kSetOwner, kSession, ConnectionId::make(1, 1, 1), 0});
  world.prep.run();
  world.send(OpCode::kCreate, create_of("/a"));
  world.commit_all();
  world.serve();
  CHECK(world.client().out.empty());
  CHECK(world.client().closing);
  CHECK(world.client().close_now);
  CHECK(world.admission.outstanding.load() == 0);
}

TEST_CASE("an_expired_session_ends_its_connection_and_one_that_closed_itself_gets_its_answer") {
  CommitWorld expired;
  expired.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kClose, kSession, ConnectionId(), 0});
  expired.commit_all();
  expired.serve();
  CHECK(expired.client().close_now);
  CHECK(expired.client().out.empty());
  CHECK(expired.tracker.take().size() == 1);

  CommitWorld closed;
  closed.send(OpCode::kCloseSession, PathRequest{""});
  closed.commit_all();
  closed.serve();
  CHECK(closed.frames() == Frames{"1"});
  CHECK(closed.client().closing);
  CHECK_FALSE(closed.client().close_now);
}

TEST_CASE("o4_what_a_dead_connection_had_accepted_still_runs_and_counts_as_answered") {
  CommitWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kGetData, ReadRequest{"/a", false});
  world.send(OpCode::kCreate, create_of("/b"));
  CHECK(world.admission.outstanding.load() == 3);
  world.worker.forget(world.client());
  world.clients.close(world.id);
  world.worker.flush();
  CHECK(world.admission.outstanding.load() == 2);
  world.commit_all();
  world.serve();
  CHECK(world.admission.outstanding.load() == 0);
  CHECK(world.prep.database.tree().read("/b").found());
}

TEST_CASE("large_requests_are_counted_in_and_out_and_refused_past_their_bound") {
  CommitWorld world;
  world.prep.config.limits.large_request_threshold_bytes = 10;
  world.prep.config.limits.large_request_bytes_max = 30;
  std::string body(20, 'x');
  RequestView large;
  large.xid = 1;
  large.body = body;
  CHECK(world.worker.admit(large));
  CHECK(world.admission.large_bytes.load() == 20);
  CHECK_FALSE(world.worker.admit(large));
  CHECK(world.admission.large_bytes.load() == 20);
  CHECK(world.admission.outstanding.load() == 1);
}
