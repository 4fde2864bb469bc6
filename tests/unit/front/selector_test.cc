#include "server/front/selector.h"

#include <catch2/catch.hpp>

#include "tests/unit/front/selector_world.h"

using namespace okapi;

TEST_CASE("while_any_workers_feed_is_past_its_bound_no_socket_is_read") {
  SelectorWorld w;
  for (int i = 0; i < 3; ++i) w.other_feed.push(FeedItem{});
  auto wire = w.connect();
  w.run();
  Turn turn = w.run();
  CHECK(w.tracker.take().empty());
  REQUIRE(turn.deadline().has_value());
  CHECK(*turn.deadline() == turn.now() + Millis(1));
  w.other_feed.pop();
  w.run();
  CHECK(w.tracker.take().size() == 1);
}

TEST_CASE("past_the_time_to_serve_until_nothing_is_read_until_it_is_pushed_on") {
  SelectorWorld w;
  auto wire = w.attach();
  MonoTime now = w.env.world.clock.time;
  w.serving_until = now;
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  w.run();
  CHECK(SelectorWorld::answers(*wire) == std::vector<std::string>{"1"});
  w.pass(1);
  SelectorWorld::send(*wire, 2, OpCode::kExists);
  Turn turn = w.run();
  CHECK(SelectorWorld::answers(*wire).empty());
  REQUIRE(turn.deadline().has_value());
  CHECK(*turn.deadline() == turn.now() + Millis(1));
  w.serving_until = now + Millis(10);
  w.run();
  CHECK(SelectorWorld::answers(*wire) == std::vector<std::string>{"2"});
}

TEST_CASE("l_14_the_acceptor_hears_whose_handshake_was_refused") {
  SelectorWorld w;
  auto wire = w.connect();
  w.run();
  w.run();
  auto mail = w.tracker.take();
  REQUIRE(mail.size() == 1);
  ConnectionId id = std::get<OpenSession>(mail[0]).connection;
  bool refused = GENERATE(false, true);
  w.selector->terms.post(SessionOrder(AttachResult{id, refused ? SessionId() : kSession, 10'000}));
  w.run();
  CHECK_FALSE(wire->to_client.empty());
  if (!refused) w.selector->terms.post(SessionOrder(CloseConnection{id}));
  w.run();
  auto gone = w.freed.take();
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].refused == refused);
  CHECK_FALSE(wire->open);
}

TEST_CASE("l_15_the_acceptor_hears_whose_credentials_were_refused") {
  SelectorWorld w;
  auto wire = w.attach();
  append_frame(wire->to_server, [](jute::OutputArchive& out) {
    put(out, RequestHeader{-4, static_cast<int32_t>(OpCode::kAuth)});
    AuthPacket packet;
    packet.scheme = "nobody";
    put(out, packet);
  });
  w.run();
  w.run();
  auto gone = w.freed.take();
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].refused);
}
