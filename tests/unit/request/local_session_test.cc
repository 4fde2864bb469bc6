// Requests of local sessions, and those that a read-only server answers.
#include <catch2/catch.hpp>

#include "tests/unit/request/commit_world.h"

using namespace okapi;

namespace {

constexpr int32_t kTimeoutMs = 4000;
constexpr int32_t kEphemeral = 1;

struct LocalWorld : CommitWorld {
  explicit LocalWorld(bool read_only = false) : CommitWorld(SyncGoes::kAnsweredHere, read_only) {
    client().local_timeout_ms = kTimeoutMs;
  }
  // Prep has not heard of the session: it is local.
  void forget_session() {
    prep.prep->requests.post(SessionRequest{SessionRequest::Kind::kForget, kSession, {}, 0});
  }
  void allow_upgrades() { prep.config.quorum.local_sessions_upgrading_enabled = true; }
  bool is_local() { return client().local_timeout_ms > 0; }
  // Sessions that the worker told the tracker to forget.
  std::vector<SessionId> closed() {
    std::vector<SessionId> out;
    for (const SessionMail& mail : ended.take()) {
      out.push_back(std::get<LocalSessionClosed>(mail).session);
    }
    return out;
  }
  // Sessions that the tracker was told to be on their way into the table.
  std::vector<SessionId> upgrading() {
    std::vector<SessionId> out;
    for (const SessionMail& mail : ended.take()) {
      out.push_back(std::get<SessionUpgrading>(mail).session);
    }
    return out;
  }
  // As on a server that leads.
  void serve_all() {
    commit_all();
    serve();
    worker.flush();
  }
  Outlet<PrepMail> road;
};

using Closed = std::vector<SessionId>;

}  // namespace

TEST_CASE("a_local_session_is_closed_by_its_own_server") {
  LocalWorld world;
  world.send(OpCode::kCloseSession, PathRequest{""});
  CHECK(world.frames() == Frames{"1"});
  CHECK(world.client().closing);
  CHECK(world.closed() == Closed{kSession});
  CHECK(world.prep.prep->requests.size() == 0);
  CHECK(world.admission.outstanding.load() == 0);
}

TEST_CASE("o4_the_end_of_a_local_session_is_answered_behind_its_writes") {
  LocalWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kCloseSession, PathRequest{""});
  CHECK(world.frames().empty());
  CHECK(world.closed().empty());
  world.commit_all();
  world.serve();
  world.worker.flush();
  CHECK(world.frames() == Frames{"1", "2"});
  CHECK(world.closed() == Closed{kSession});
}

TEST_CASE("the_end_of_a_local_session_counts_though_its_connection_is_gone") {
  LocalWorld world;
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kCloseSession, PathRequest{""});
  world.worker.forget(world.client());
  world.worker.flush();
  CHECK(world.closed() == Closed{kSession});
  CHECK(world.prep.prep->requests.size() == 1);
}

TEST_CASE("g17_a_read_only_server_refuses_writes_and_syncs_and_nothing_else") {
  LocalWorld world(true);
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kSetData, SetDataRequest{"/a", "x", -1});
  world.send(OpCode::kMulti, PathRequest{""});
  world.send(OpCode::kReconfig, PathRequest{""});
  world.send(OpCode::kSync, PathRequest{"/"});
  world.send(OpCode::kExists, ReadRequest{"/", true});
  world.send(OpCode::kCloseSession, PathRequest{""});
  CHECK(world.frames() == Frames{"1:-119", "2:-119", "3:-119", "4:-119", "5:-119", "6", "7"});
  CHECK(world.closed() == Closed{kSession});
  CHECK(world.prep.prep->requests.size() == 0);
  CHECK(world.commit.pending.size() == 0);
}

TEST_CASE("a_local_session_writes_what_is_not_ephemeral_and_stays_local") {
  LocalWorld world;
  world.forget_session();
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kSetData, SetDataRequest{"/a", "x", -1});
  world.send(OpCode::kCreateContainer, create_of("/c", 4));
  world.serve_all();
  CHECK(world.frames() == Frames{"1", "2", "3"});
  CHECK(world.is_local());
  CHECK(world.upgrading().empty());
  CHECK_FALSE(world.prep.database.sessions().contains(kSession));
}

TEST_CASE("the_first_ephemeral_create_upgrades_its_session") {
  auto op = GENERATE(OpCode::kCreate, OpCode::kCreate2);
  LocalWorld world;
  world.forget_session();
  world.allow_upgrades();
  world.send(op, create_of("/e", kEphemeral));
  CHECK(world.upgrading() == Closed{kSession});
  CHECK_FALSE(world.is_local());
  world.send(op, create_of("/f", kEphemeral));  // no second time
  world.send(OpCode::kCloseSession, PathRequest{""});
  CHECK(world.upgrading().empty());
  world.prep.run();
  CHECK(world.prep.waiting.size() == 4);
  world.serve_all();
  CHECK(world.frames() == Frames{"1", "2", "3"});
  CHECK(world.upgrading().empty());
  CHECK_FALSE(world.prep.database.sessions().contains(kSession));  // closed for all
  CHECK(world.admission.outstanding.load() == 0);
}

// Not before: until then its time is counted here.
TEST_CASE("an_upgrade_goes_with_its_request_however_long_that_waits") {
  LocalWorld world;
  world.forget_session();
  world.allow_upgrades();
  world.send(OpCode::kCreate, create_of("/a"));
  world.send(OpCode::kExists, ReadRequest{"/a", false});
  world.send(OpCode::kCreate, create_of("/e", kEphemeral));
  CHECK(world.upgrading().empty());
  CHECK_FALSE(world.is_local());
  world.serve_all();
  CHECK(world.frames() == Frames{"1", "2"});
  CHECK(world.upgrading() == Closed{kSession});
  world.serve_all();
  CHECK(world.frames() == Frames{"3"});
  CHECK(world.prep.database.sessions().contains(kSession));
}

TEST_CASE("without_upgrades_an_ephemeral_create_is_refused") {
  LocalWorld world;
  world.forget_session();
  world.send(OpCode::kCreate, create_of("/e", kEphemeral));
  world.send(OpCode::kCreate2, create_of("/missing/e", kEphemeral + 2));
  world.send(OpCode::kCreate, create_of("/a"));
  world.serve_all();
  CHECK(world.frames() == Frames{"1:-120", "2:-120", "3"});
  CHECK(world.is_local());
}

// A leader says no more than that it does not know the session.
TEST_CASE("the_learner_says_why_an_ephemeral_create_was_refused") {
  LocalWorld world;
  world.forget_session();
  world.worker.to_prep = Sink<PrepMail>(world.road.box);
  world.send(OpCode::kCreate, create_of("/e", kEphemeral));
  std::vector<PrepMail> mail = world.road.take();
  REQUIRE(mail.size() == 1);
  send_on(mail[0], [&](const ForwardedRequest& request, const IdentityList&) {
    world.prep.prep->requests.post(
        *mail_of_learner(LinkId(5), request, std::make_shared<IdentityList>(), MonoTime()));
  });
  auto txns = world.prep.run();
  REQUIRE(txns.size() == 1);
  CHECK(std::get<ErrorTxn>(txns[0].body).err == static_cast<int32_t>(ErrorCode::kSessionExpired));
  world.serve_all();
  CHECK(world.frames() == Frames{"1:-120"});
}

TEST_CASE("a_refused_upgrade_ends_the_connection") {
  LocalWorld world;  // the leader has a session of this id
  world.allow_upgrades();
  world.send(OpCode::kCreate, create_of("/e", kEphemeral));
  world.serve_all();
  CHECK(world.frames().empty());
  CHECK(world.client().closing);
  auto told = world.tracker.take();
  REQUIRE(told.size() == 1);
  CHECK(std::get<SessionClosed>(told[0]).session == kSession);
}

// Nothing tells CommitProcessor of the end of a local session.
TEST_CASE("l_nothing_is_kept_of_the_writes_of_a_local_session") {
  CommitOrder order;
  bool local = GENERATE(false, true);
  WriteTicket write;
  write.session = kSession;
  write.xid = 1;
  write.op = OpCode::kSetData;
  if (local) write.local = LocalSession::kStays;
  order.add_pending(write);
  CHECK(order.match(TxnHeader{kSession, 1, Zxid(1), 0, static_cast<int32_t>(OpCode::kSetData)}));
  CHECK(order.queues() == (local ? 0 : 1));
}

// Compat: it cannot tell the local session of a learner from one that has ended (spec 7.2).
TEST_CASE("a_leader_takes_writes_of_sessions_it_does_not_know_if_learners_may_have_local_ones") {
  const SessionId own{0x100000000000077}, of_learner{0x200000000000077};
  auto error_for = [](bool enabled, SessionId session, int32_t flags) {
    PrepWorld world;
    world.config.server_id = 1;
    world.config.quorum.local_sessions_enabled = enabled;
    std::string body = jute::encoded(create_of("/a", flags));
    world.prep->requests.post(
        *mail_of_learner(LinkId(5), {session, 1, static_cast<int32_t>(OpCode::kCreate), body},
                         std::make_shared<IdentityList>(), MonoTime()));
    return error_of(world.run().at(0));
  };
  CHECK(error_for(true, of_learner, 0) == ErrorCode::kOk);
  CHECK(error_for(true, own, 0) == ErrorCode::kUnknownSession);
  CHECK(error_for(false, of_learner, 0) == ErrorCode::kUnknownSession);
  CHECK(error_for(true, of_learner, kEphemeral) == ErrorCode::kSessionExpired);
}
