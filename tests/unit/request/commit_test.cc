// CommitProcessor and CommitWorker together: ordering rules O2 to O5 and O7 as a client sees them.
#include <catch2/catch.hpp>

#include "server/request/commit_processor.h"
#include "server/request/commit_worker.h"
#include "tests/unit/request/prep_world.h"

using namespace okapi;

namespace {

// A pipeline of one worker without log and ledger: what is prepared is committed when the test
// says so.
class World {
 public:
  World()
      : commit(prep.env, prep.database, std::move(prep.writer), watches,
               std::vector<WorkerPort>{{&feed, &worker_bell}}, true),
        worker({prep.config, prep.registry, prep.database.tree(), watches, admission, clients, feed,
                metrics}) {
    commit.pending.attach(bell);
    commit.pending_sessions.attach(bell);
    commit.committed.attach(bell);
    commit.to_tracker = tracker.sink();
    worker.to_commit = Sink<WriteTicket>(commit.pending);
    worker.to_prep = Sink<RequestPtr>(prep.prep->requests);
    Client& opened = clients.open();
    REQUIRE(opened.id == kClient);
    id = opened.id;
    opened.identities = std::make_shared<IdentityList>();
    clients.bind(opened, kSession);
  }

  Client& client() { return *clients.find(id); }
  template <jute::Record Body>
  void send(OpCode op, const Body& body) {
    std::string bytes = jute::encoded(body);
    RequestView view;
    view.session = kSession;
    view.connection = id;
    view.xid = ++xid;
    view.op = op;
    view.body = bytes;
    view.identities = client().identities.get();
    REQUIRE(worker.admit(view));
    ++client().outstanding;
    worker.submit(client(), view, MonoTime());
    worker.flush();
  }
  // Prepares and commits all that was sent on; the worker has not looked at its Feed yet.
  void commit_all() {
    prep.run();
    while (!prep.waiting.empty()) {
      commit.committed.post(prep.waiting.front());
      prep.waiting.pop_front();
    }
    step(commit, prep.env);
  }
  void serve() { worker.serve_feed(MonoTime()); }

  // Frames sent since the last look: "3" is the answer to xid 3, "3:-101" with an error, "event".
  std::vector<std::string> frames() {
    std::vector<std::string> out;
    jute::InputArchive in(client().out);
    while (!in.rest().empty()) {
      ByteView frame = in.get_buffer().value();
      ReplyHeader header = *jute::decode<ReplyHeader>(frame);
      if (header.xid == kNotificationXid) {
        out.push_back("event");
        continue;
      }
      CHECK(header.zxid >= last_zxid);  // O7
      last_zxid = header.zxid;
      out.push_back(std::to_string(header.xid) +
                    (header.err == 0 ? "" : ":" + std::to_string(header.err)));
    }
    client().out.clear();
    return out;
  }

  PrepWorld prep;
  WatchTables watches{WatchOptions{}};
  WorkerFeed feed;
  FakeBell bell, worker_bell;
  Outlet<SessionMail> tracker;
  CommitProcessor commit;
  Admission admission;
  ClientTable clients{0};
  WorkerMetrics metrics;
  CommitWorker worker;
  ConnectionId id;
  int32_t xid = 0;
  Zxid last_zxid{-1};
};

using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("o5_a_write_is_answered_once_when_it_is_applied") {
  World world;
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
  World world;
  world.send(OpCode::kDelete, DeleteRequest{"/none", -1});
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101"});
}

TEST_CASE("o4_answers_come_in_the_order_of_requests") {
  World world;
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
  World world;
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

TEST_CASE("o3_the_answer_that_sets_a_watch_comes_before_its_event_and_a_write_after_it") {
  World world;
  world.send(OpCode::kExists, ReadRequest{"/a", true});
  world.send(OpCode::kCreate, create_of("/a"));
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101", "event", "2"});
}

TEST_CASE("a_watch_event_is_dropped_without_a_word_if_the_watcher_may_not_read_the_node") {
  World world;
  world.send(OpCode::kExists, ReadRequest{"/a", true});
  CreateRequest secret = create_of("/a");
  secret.acl.items = {{Perms::kAll, "ip", "9.9.9.9"}};
  world.send(OpCode::kCreate, secret);
  world.commit_all();
  world.serve();
  CHECK(world.frames() == Frames{"1:-101", "2"});
}

TEST_CASE("a_moved_connection_is_closed_without_a_reply") {
  World world;
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
  World expired;
  expired.prep.prep->requests.post(
      SessionRequest{SessionRequest::Kind::kClose, kSession, ConnectionId(), 0});
  expired.commit_all();
  expired.serve();
  CHECK(expired.client().close_now);
  CHECK(expired.client().out.empty());
  CHECK(expired.tracker.take().size() == 1);

  World closed;
  closed.send(OpCode::kCloseSession, PathRequest{""});
  closed.commit_all();
  closed.serve();
  CHECK(closed.frames() == Frames{"1"});
  CHECK(closed.client().closing);
  CHECK_FALSE(closed.client().close_now);
}

TEST_CASE("o4_what_a_dead_connection_had_accepted_still_runs_and_counts_as_answered") {
  World world;
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
  World world;
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
