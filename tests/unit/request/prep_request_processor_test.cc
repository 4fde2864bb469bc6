#include "server/request/prep_request_processor.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "tests/unit/request/prep_world.h"

using namespace okapi;

namespace {

SetDataRequest set_of(ByteView path, ByteView data, int32_t version = -1) {
  return {path, data, version};
}

void order(PrepWorld& world, SessionId session, SessionRequest::Kind kind) {
  world.prep->requests.post(SessionRequest{kind, session, kClient, 5000});
}

// What becomes of the reaper's request.
ErrorCode reap_of(PrepWorld& world, ByteView path) {
  RequestView request;
  std::string body = jute::encoded(PathRequest{path});
  request.op = OpCode::kDeleteContainer;
  request.body = body;
  world.post(RequestPtr::make(request, std::make_shared<IdentityList>()));
  return error_of(world.run().at(0));
}

}  // namespace

TEST_CASE("a_write_becomes_a_transaction_with_the_next_zxid_and_the_wall_clock") {
  PrepWorld world;
  Txn txn = world.run(OpCode::kCreate, create_of("/a", 0, "hi"));
  CHECK(txn.header.zxid == Zxid(1));
  CHECK(txn.header.client_id == kSession);
  CHECK(txn.header.cxid == 1);
  CHECK(txn.header.time_ms == world.env.world.clock.wall().ms);
  CHECK(txn.header.type == 1);
  const auto& create = std::get<CreateTxn>(txn.body);
  CHECK(create.path == "/a");
  CHECK(create.data == NullableView("hi"));
  CHECK(create.parent_cversion == 1);
}

// Compat: a refused write takes a zxid too.
TEST_CASE("a_refused_write_is_an_error_transaction_that_takes_a_zxid") {
  PrepWorld world;
  CHECK(error_of(world.run(OpCode::kDelete, DeleteRequest{"/none", -1})) == ErrorCode::kNoNode);
  Txn next = world.run(OpCode::kCreate, create_of("/a"));
  CHECK(next.header.zxid == Zxid(2));
  Txn again = world.run(OpCode::kCreate, create_of("/a"));
  CHECK(error_of(again) == ErrorCode::kNodeExists);
  CHECK(again.header.type == -1);
  CHECK_FALSE(again.digest.has_value());
  CHECK(world.apply_all());
}

TEST_CASE("what_is_proposed_and_not_applied_counts_for_the_next_request") {
  PrepWorld world;
  world.post(OpCode::kCreate, create_of("/a"));
  world.post(OpCode::kCreate, create_of("/a/b"));
  world.post(OpCode::kDelete, DeleteRequest{"/a", -1});
  world.post(OpCode::kSetData, set_of("/a/b", "x", 0));
  world.post(OpCode::kSetData, set_of("/a/b", "y", 0));
  auto txns = world.run();
  REQUIRE(txns.size() == 5);
  CHECK(error_of(txns[2]) == ErrorCode::kNotEmpty);
  CHECK(std::get<SetDataTxn>(txns[3].body).version == 1);
  CHECK(error_of(txns[4]) == ErrorCode::kBadVersion);
  CHECK(world.apply_all());
}

TEST_CASE("sequence_numbers_count_the_creates_below_the_parent_pending_or_applied") {
  PrepWorld world;
  auto path_of = [&](const Txn& txn) { return std::string(std::get<CreateTxn>(txn.body).path); };
  world.run(OpCode::kCreate, create_of("/s"));
  CHECK(path_of(world.run(OpCode::kCreate, create_of("/s/n-", 2))) == "/s/n-0000000000");
  CHECK(path_of(world.run(OpCode::kCreate, create_of("/s/n-", 2))) == "/s/n-0000000001");
  CHECK(world.apply_all());
  CHECK(path_of(world.run(OpCode::kCreate, create_of("/s/", 3))) == "/s/0000000002");
  world.run(OpCode::kDelete, DeleteRequest{"/s/n-0000000000", -1});
  CHECK(path_of(world.run(OpCode::kCreate, create_of("/s/n-", 2))) == "/s/n-0000000003");
  // A refused create and a failed multi use none up.
  world.run(OpCode::kCreate, create_of("/s/n-0000000001"));
  world.post(MultiBuilder()
                 .add(OpCode::kCreate, create_of("/s/n-", 2))
                 .add(OpCode::kDelete, DeleteRequest{"/none", -1})
                 .done(99));
  world.run();
  CHECK(path_of(world.run(OpCode::kCreate, create_of("/s/n-", 2))) == "/s/n-0000000004");
  CHECK(world.apply_all());
}

TEST_CASE("a_failed_multi_changes_nothing_and_says_so_per_operation") {
  PrepWorld world;
  world.run(OpCode::kCreate, create_of("/a"));
  world.post(MultiBuilder()
                 .add(OpCode::kCreate, create_of("/a/b"))
                 .add(OpCode::kSetData, set_of("/a", "new"))
                 .add(OpCode::kDelete, DeleteRequest{"/none", -1})
                 .add(OpCode::kCreate, create_of("/c"))
                 .done(7));
  Txn txn = std::move(world.run().at(0));
  const auto& multi = std::get<MultiTxn>(txn.body);
  REQUIRE(multi.subs.items.size() == 4);
  CHECK(multi.subs.items[0].type == 1);
  CHECK(jute::decode<ErrorTxn>(multi.subs.items[2].body)->err == -101);
  CHECK(jute::decode<ErrorTxn>(multi.subs.items[3].body)->err == -2);
  CHECK(error_of(world.run(OpCode::kDelete, DeleteRequest{"/a/b", -1})) == ErrorCode::kNoNode);
  CHECK(std::get<SetDataTxn>(world.run(OpCode::kSetData, set_of("/a", "x")).body).version == 1);
  CHECK(world.apply_all());
}

TEST_CASE("a_multi_sees_its_own_operations_and_has_one_zxid") {
  PrepWorld world;
  world.post(MultiBuilder()
                 .add(OpCode::kCreate2, create_of("/a"))
                 .add(OpCode::kCreate, create_of("/a/b", 1))
                 .add(OpCode::kDelete, DeleteRequest{"/a/b", 0})
                 .add(OpCode::kCheck, CheckRequest{"/a", 0})
                 .done(7));
  Txn txn = std::move(world.run().at(0));
  const auto& multi = std::get<MultiTxn>(txn.body);
  REQUIRE(multi.subs.items.size() == 4);
  CHECK(multi.subs.items[0].type == 1);  // create2 is logged as create
  CHECK(world.apply_all());
  CHECK(world.database.tree().last_applied() == Zxid(1));
  CHECK(world.database.tree().read("/a").found());
  CHECK_FALSE(world.database.tree().read("/a/b").found());
}

TEST_CASE("close_session_lists_ephemerals_applied_and_pending_but_not_those_being_deleted") {
  PrepWorld world;
  world.run(OpCode::kCreate, create_of("/applied", 1));
  world.run(OpCode::kCreate, create_of("/gone", 1));
  CHECK(world.apply_all());
  world.run(OpCode::kDelete, DeleteRequest{"/gone", -1});
  world.run(OpCode::kCreate, create_of("/pending", 1));
  world.run(OpCode::kCreate, create_of("/persistent"));
  RequestView close;
  close.session = kSession;
  close.connection = kClient;
  close.op = OpCode::kCloseSession;
  world.post(RequestPtr::make(close, nullptr));
  Txn txn = std::move(world.run().at(0));
  CHECK(std::get<CloseSessionTxn>(txn.body).paths.items ==
        std::vector<ByteView>{"/applied", "/pending"});
  CHECK(error_of(world.run(OpCode::kCreate, create_of("/late"))) == ErrorCode::kSessionExpired);
  CHECK(world.apply_all());
  CHECK_FALSE(world.database.tree().read("/pending").found());
}

TEST_CASE("the_reaper_deletes_only_what_may_go_when_its_request_is_ordered") {
  PrepWorld world;
  auto reap = [&] { return reap_of(world, "/c"); };
  CHECK(reap() == ErrorCode::kNoNode);
  world.run(OpCode::kCreateContainer, create_of("/c", 4));
  CHECK(reap() == ErrorCode::kBadVersion);  // never used
  world.run(OpCode::kCreate, create_of("/c/child"));
  CHECK(reap() == ErrorCode::kNotEmpty);
  world.run(OpCode::kDelete, DeleteRequest{"/c/child", -1});
  CHECK(reap() == ErrorCode::kOk);
  CHECK(reap() == ErrorCode::kNoNode);
  int32_t flags = GENERATE(0, 1, 4);  // made anew: persistent, ephemeral, a fresh container
  OpCode op = flags == 4 ? OpCode::kCreateContainer : OpCode::kCreate;
  CHECK(error_of(world.run(op, create_of("/c", flags))) == ErrorCode::kOk);
  CHECK(reap() == ErrorCode::kBadVersion);
  CHECK(world.apply_all());
  CHECK(reap() == ErrorCode::kBadVersion);
}

TEST_CASE("a_ttl_node_that_was_written_in_the_meantime_is_not_reaped") {
  PrepWorld world;
  CreateTtlRequest create;
  create.path = "/t";
  create.acl.items = {{Perms::kAll, "world", "anyone"}};
  create.flags = 5;
  create.ttl = 1000;
  CHECK(error_of(world.run(OpCode::kCreateTtl, create)) == ErrorCode::kOk);
  auto reap = [&] { return reap_of(world, "/t"); };
  world.env.world.clock.time += Millis(1001);
  world.run(OpCode::kSetData, SetDataRequest{"/t", "x", -1});
  CHECK(reap() == ErrorCode::kBadVersion);
  world.env.world.clock.time += Millis(1001);
  CHECK(reap() == ErrorCode::kOk);
}

TEST_CASE("o5_a_request_of_a_connection_that_lost_its_session_comes_back_as_an_error") {
  PrepWorld world;
  world.run(OpCode::kCreate, create_of("/mine"));
  ConnectionId other = ConnectionId::make(1, 5, 1);
  world.post(make_request(OpCode::kCreate, 50, create_of("/theirs"), kSession, other));
  world.post(MultiBuilder().add(OpCode::kCreate, create_of("/multi")).done(51, other));
  auto txns = world.run();
  REQUIRE(txns.size() == 2);
  CHECK(error_of(txns[0]) == ErrorCode::kSessionMoved);
  CHECK(txns[0].header.cxid == 50);
  CHECK(error_of(txns[1]) == ErrorCode::kSessionMoved);
  CHECK(world.apply_all());
}

// All of it in one step: their order in the box is what counts (Attach, architecture section 7).
TEST_CASE(
    "o5_what_the_old_connection_had_accepted_counts_and_what_comes_behind_the_new_owner_moved") {
  PrepWorld world;
  world.run(OpCode::kCreate, create_of("/a"));
  ConnectionId other = ConnectionId::make(1, 5, 1);
  Sink<RequestPtr> worker(world.prep->requests);
  Sink<SessionRequest> tracker(world.prep->requests);
  auto write = [&](int32_t xid, ConnectionId from) {
    worker.add(make_request(OpCode::kSetData, xid, set_of("/a", "x"), kSession, from));
    worker.flush();
  };
  write(10, kClient);
  write(11, kClient);
  tracker.add({SessionRequest::Kind::kSetOwner, kSession, other, 0});
  tracker.flush();
  write(12, kClient);
  write(13, other);
  std::vector<ErrorCode> errors;
  for (const Txn& txn : world.run()) errors.push_back(error_of(txn));
  CHECK(errors ==
        std::vector{ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kSessionMoved, ErrorCode::kOk});
}

TEST_CASE("session_requests_create_own_close_and_forget") {
  PrepWorld world;
  SessionId session(77);
  order(world, session, SessionRequest::Kind::kCreate);
  Txn created = std::move(world.run().at(0));
  CHECK(created.header.client_id == session);
  CHECK(std::get<CreateSessionTxn>(created.body).timeout_ms == 5000);
  world.post(make_request(OpCode::kCreate, 1, create_of("/e", 1), session));
  CHECK(error_of(world.run().at(0)) == ErrorCode::kOk);
  order(world, session, SessionRequest::Kind::kClose);
  Txn closed = std::move(world.run().at(0));
  CHECK(std::get<CloseSessionTxn>(closed.body).paths.items == std::vector<ByteView>{"/e"});
  order(world, session, SessionRequest::Kind::kForget);
  CHECK(world.run().empty());
  world.post(make_request(OpCode::kSetData, 2, set_of("/e", "x"), session));
  CHECK(error_of(world.run().at(0)) == ErrorCode::kUnknownSession);
  CHECK(world.apply_all());
}

TEST_CASE("zk_1208_nothing_of_a_session_is_done_behind_its_close") {
  PrepWorld world;
  SessionId session(77);
  order(world, session, SessionRequest::Kind::kCreate);
  order(world, session, SessionRequest::Kind::kClose);
  world.post(make_request(OpCode::kCreate, 1, create_of("/e", 1), session));
  auto txns = world.run();
  REQUIRE(txns.size() == 3);
  CHECK(error_of(txns[2]) == ErrorCode::kSessionExpired);
}

TEST_CASE("zk_4306_l_16_a_session_has_no_more_ephemerals_than_its_close_can_name") {
  PrepWorld world;
  world.config.limits.frame_bytes_max = 2'000;
  int made = 0;
  auto make = [&] {
    std::string path = "/" + std::to_string(made) + std::string(100, 'e');
    return error_of(world.run(OpCode::kCreate, create_of(path, 1)));
  };
  ErrorCode last = ErrorCode::kOk;
  while (made < 100 && (last = make()) == ErrorCode::kOk) ++made;
  CHECK(last == ErrorCode::kSystemError);
  CHECK(made >= 15);
  CHECK(error_of(world.run(OpCode::kCreate, create_of("/plain"))) == ErrorCode::kOk);
  order(world, kSession, SessionRequest::Kind::kClose);
  Txn closed = std::move(world.run().at(0));
  CHECK(std::get<CloseSessionTxn>(closed.body).paths.items.size() == static_cast<size_t>(made));
  CHECK(world.kept.back().bytes.view().size() <= 2'000);
  CHECK(world.apply_all());
}

// The digest that Prep foretells is the tree's after the transaction, however far behind the tree
// is when the transaction is prepared.
TEST_CASE("foretold_digests_equal_those_of_the_tree_in_any_interleaving") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng(seed);
    PrepWorld world;
    auto path = [&] {
      std::string out = "/" + std::to_string(rng.below(4));
      for (uint64_t depth = rng.below(3); depth > 0; --depth) {
        out += "/" + std::to_string(rng.below(3));
      }
      return out;
    };
    for (int round = 0; round < 300; ++round) {
      std::string one = path(), two = path();
      switch (rng.below(7)) {
        case 0:
        case 1:
          world.post(OpCode::kCreate, create_of(one, static_cast<int32_t>(rng.below(4)), two));
          break;
        case 2:
          world.post(OpCode::kDelete, DeleteRequest{one, -1});
          break;
        case 3:
          world.post(OpCode::kSetData, set_of(one, two));
          break;
        case 4: {
          SetAclRequest acl;
          acl.path = one;
          acl.acl.items = {{Perms::kAll, "world", "anyone"}};
          acl.version = -1;
          world.post(OpCode::kSetAcl, acl);
          break;
        }
        case 5:
          world.post(MultiBuilder()
                         .add(OpCode::kCreate, create_of(one, static_cast<int32_t>(rng.below(4))))
                         .add(OpCode::kSetData, set_of(two, one))
                         .add(OpCode::kDelete, DeleteRequest{path(), -1})
                         .done(++world.xid));
          break;
        default:
          if (rng.chance(1, 10)) {
            world.prep->requests.post(
                SessionRequest{SessionRequest::Kind::kClose, kSession, ConnectionId(), 0});
            world.run();
            world.prep->requests.post(
                SessionRequest{SessionRequest::Kind::kForget, kSession, ConnectionId(), 0});
            world.prep->requests.post(
                SessionRequest{SessionRequest::Kind::kCreate, kSession, kClient, 1000});
          }
      }
      if (rng.chance(1, 2)) world.run();
      while (!world.waiting.empty() && rng.chance(2, 3)) REQUIRE(world.apply_next());
    }
    world.run();
    REQUIRE(world.apply_all());
  }
}
