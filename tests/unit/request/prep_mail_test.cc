// Requests of learners: their way to the leader, and what its Prep makes of them.
#include "server/request/prep_mail.h"

#include <catch2/catch.hpp>

#include "tests/unit/request/prep_world.h"

using namespace okapi;

namespace {

const SessionId kTheirs{0x200000000000009};
const LinkId kLink{5}, kOtherLink{6};

// As it comes from a learner.
PrepMail forwarded(OpCode op, int32_t xid, ByteView body, LinkId link = kLink,
                   SessionId session = kTheirs) {
  ForwardedRequest request{session, xid, static_cast<int32_t>(op), body};
  auto mail = mail_of_learner(link, request, std::make_shared<IdentityList>(), MonoTime());
  REQUIRE(mail.has_value());
  return std::move(*mail);
}
PrepMail forwarded_create(ByteView path, int32_t xid, LinkId link = kLink) {
  return forwarded(OpCode::kCreate, xid, jute::encoded(create_of(path)), link);
}
PrepMail forwarded_session(LinkId link = kLink, SessionId session = kTheirs) {
  return forwarded(OpCode::kCreateSession, 0, jute::encoded(CreateSessionTxn{5000}), link, session);
}
ErrorCode error_after(PrepWorld& world, PrepMail mail) {
  world.prep->requests.post(std::move(mail));
  auto txns = world.run();
  REQUIRE(txns.size() == 1);
  return error_of(txns[0]);
}

}  // namespace

TEST_CASE("a_request_arrives_at_the_leader_as_it_was_sent_on") {
  std::string packet;
  auto identities = std::make_shared<IdentityList>(IdentityList{{"ip", "127.0.0.1"}});
  RequestView view;
  view.session = kTheirs;
  view.connection = kClient;
  view.xid = 7;
  view.op = OpCode::kSetData;
  view.body = "body";
  send_on(RequestPtr::make(view, identities),
          [&](const ForwardedRequest& request, const IdentityList& who) {
            packet = encode_request(request);
            CHECK(who == *identities);
          });
  auto mail = mail_of_learner(kLink, *decode_request(packet), identities, MonoTime());
  REQUIRE(mail.has_value());
  const RequestPtr& got = std::get<RequestPtr>(*mail);
  CHECK(got->session == kTheirs);
  CHECK(got->owner() == SessionOwner(kLink));
  CHECK_FALSE(got->connection);
  CHECK(got->xid == 7);
  CHECK(got->op == OpCode::kSetData);
  CHECK(got->body == "body");
  CHECK(*got->identities == *identities);
}

TEST_CASE("a_session_that_a_client_opens_at_a_learner_is_asked_for_with_xid_0_and_its_timeout") {
  int sent = 0;
  send_on(SessionRequest{SessionRequest::Kind::kCreate, kTheirs, kClient, 5000},
          [&](const ForwardedRequest& request, const IdentityList& who) {
            ++sent;
            CHECK(request.session == kTheirs);
            CHECK(request.cxid == 0);
            CHECK(request.op == static_cast<int32_t>(OpCode::kCreateSession));
            CHECK(request.body == ByteView("\0\0\x13\x88", 4));
            CHECK(who.empty());
          });
  CHECK(sent == 1);
}

TEST_CASE("x_quo_08_a_learner_sends_writes_and_syncs_and_nothing_else") {
  auto taken = [](int32_t op) {
    return mail_of_learner(kLink, {kTheirs, 1, op, ""}, nullptr, MonoTime()).has_value();
  };
  for (OpCode op : {OpCode::kCreateSession, OpCode::kCloseSession, OpCode::kMulti, OpCode::kSync,
                    OpCode::kReconfig, OpCode::kCreateTtl}) {
    CHECK(taken(static_cast<int32_t>(op)));
  }
  for (OpCode op : {OpCode::kError, OpCode::kGetData, OpCode::kPing, OpCode::kAuth}) {
    CHECK_FALSE(taken(static_cast<int32_t>(op)));
  }
  CHECK_FALSE(taken(4711));
}

TEST_CASE("a_learner_owns_the_session_it_made_and_the_tracker_knows_it_before_it_is_proposed") {
  PrepWorld world;
  Outlet<std::variant<Prepared, SessionMail>> both;
  world.prep->to_peer = Sink<Prepared>(both.box);
  world.prep->to_tracker = Sink<SessionMail>(both.box);
  world.prep->requests.post(forwarded_session());
  step(*world.prep, world.env);
  auto told = both.take();
  REQUIRE(told.size() == 2);
  auto created = std::get<SessionCreated>(std::get<SessionMail>(told[0]));
  CHECK(created.session == kTheirs);
  CHECK(created.timeout_ms == 5000);
  world.prep->to_peer = world.proposals.sink();
  CHECK(error_after(world, forwarded_create("/b", 2, kOtherLink)) == ErrorCode::kSessionMoved);
  CHECK(error_after(world, forwarded_create("/a", 1)) == ErrorCode::kOk);
}

TEST_CASE("a_session_of_this_server_is_not_told_to_the_tracker_that_made_it") {
  PrepWorld world;
  world.prep->requests.post(SessionRequest{SessionRequest::Kind::kCreate, kTheirs, kClient, 5000});
  world.run();
  CHECK(world.tracker.take().empty());
}

TEST_CASE("x_quo_08_a_learner_cannot_make_a_session_that_exists_or_none_or_half_of_one") {
  PrepWorld world;
  CHECK(error_after(world, forwarded_session(kLink, kSession)) == ErrorCode::kBadArguments);
  CHECK(error_after(world, forwarded_session(kLink, SessionId())) == ErrorCode::kBadArguments);
  CHECK(error_after(world, forwarded(OpCode::kCreateSession, 0, "xy")) ==
        ErrorCode::kMarshallingError);
  CHECK(world.tracker.take().empty());
  // Still this server's.
  CHECK(error_of(world.run(OpCode::kCreate, create_of("/a"))) == ErrorCode::kOk);
}

TEST_CASE("x_quo_08_a_learner_writes_and_closes_only_what_it_owns") {
  PrepWorld world;
  world.run(OpCode::kCreate, create_of("/mine"));
  ByteView nothing;
  CHECK(error_after(world, forwarded(OpCode::kCloseSession, 3, nothing, kLink, kSession)) ==
        ErrorCode::kSessionMoved);
  std::string path = jute::encoded(PathRequest{"/mine"});
  CHECK(error_after(world, forwarded(OpCode::kDeleteContainer, 4, path, kLink, kSession)) ==
        ErrorCode::kBadArguments);
  CHECK(error_after(world, forwarded_create("/a", 5)) == ErrorCode::kUnknownSession);
  world.prep->requests.post(SessionRequest{SessionRequest::Kind::kSetOwner, kSession, kLink, 0});
  CHECK(error_after(world, forwarded(OpCode::kCloseSession, 6, nothing, kLink, kSession)) ==
        ErrorCode::kOk);
}

TEST_CASE("the_first_to_speak_for_a_session_of_the_table_owns_it") {
  bool by_sync = GENERATE(true, false);
  PrepWorld world;  // has kSession without an owner, as a new leader
  if (by_sync) {
    world.prep->requests.post(forwarded(OpCode::kSync, 1, "", kLink, kSession));
    step(*world.prep, world.env);
    CHECK(world.proposals.take().size() == 1);
  } else {
    std::string body = jute::encoded(create_of("/a"));
    CHECK(error_after(world, forwarded(OpCode::kCreate, 1, body, kLink, kSession)) ==
          ErrorCode::kOk);
  }
  CHECK(error_of(world.run(OpCode::kCreate, create_of("/b"))) == ErrorCode::kSessionMoved);
}

TEST_CASE("g08_a_sync_leaves_prep_in_its_place_among_the_proposals") {
  bool own = GENERATE(false, true);
  bool confirmed = GENERATE(false, true);
  PrepWorld world;
  world.config.request.sync_confirms_leadership = confirmed;
  world.post(OpCode::kCreate, create_of("/a"));
  if (own) {
    world.post(make_request(OpCode::kSync, 9, PathRequest{"/"}));
  } else {
    world.prep->requests.post(forwarded(OpCode::kSync, 9, ""));
  }
  world.post(OpCode::kCreate, create_of("/b"));
  step(*world.prep, world.env);
  auto out = world.proposals.take();
  REQUIRE(out.size() == (confirmed ? 4 : 3));
  size_t at = 0;
  CHECK(std::get<EncodedTxn>(out[at++]).zxid == Zxid(1));
  if (confirmed) {
    // What a quorum has to log first; it answers nobody.
    const auto& marker = std::get<EncodedTxn>(out[at++]);
    CHECK(marker.zxid == Zxid(2));
    auto txn = decode_txn(marker.bytes.view());
    CHECK(txn->header.client_id == SessionId());
    CHECK(std::holds_alternative<ErrorTxn>(txn->body));
  }
  const auto& sync = std::get<OrderedSync>(out[at++]);
  CHECK(sync.link == (own ? LinkId() : kLink));
  CHECK(sync.cxid == 9);
  CHECK(std::get<EncodedTxn>(out[at]).zxid == Zxid(confirmed ? 3 : 2));
}
