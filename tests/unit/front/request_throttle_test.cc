#include "server/front/request_throttle.h"

#include <catch2/catch.hpp>

#include "tests/unit/front/selector_world.h"

using namespace okapi;

using Answers = std::vector<std::string>;

// The pipeline of these holds one request of somebody else already.
TEST_CASE("a_request_beyond_the_throttle_waits_until_the_pipeline_has_room") {
  SelectorWorld w({.throttle_requests_max = 1});
  auto wire = w.attach();
  w.admission.outstanding = 1;
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  SelectorWorld::send(*wire, -2, OpCode::kPing);
  w.run();
  Turn turn = w.run();
  CHECK(SelectorWorld::answers(*wire).empty());
  CHECK(*turn.deadline() == turn.now() + Millis(100));
  CHECK(w.selector->throttle().metrics().stalls.get() >= 1);
  w.pass(100);
  w.admission.outstanding = 0;
  w.run();
  CHECK(SelectorWorld::answers(*wire) == Answers{"1", "-2"});
  CHECK(w.selector->throttle().metrics().waited_ms.summary().max() == 100);
  CHECK(w.admission.outstanding == 0);
  CHECK(w.selector->throttle().size() == 0);
}

TEST_CASE("without_a_throttle_nothing_waits") {
  SelectorWorld w;
  auto wire = w.attach();
  w.admission.outstanding = 999;
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  w.run();
  CHECK(SelectorWorld::answers(*wire) == Answers{"1"});
}

TEST_CASE("what_waited_for_too_long_is_answered_throttled_op_and_a_ping_never") {
  SelectorWorld w({.throttle_requests_max = 1, .throttled_op_wait_time_ms = 50});
  auto wire = w.attach();
  w.admission.outstanding = 1;
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  SelectorWorld::send(*wire, -2, OpCode::kPing);
  w.run();
  w.pass(51);
  w.admission.outstanding = 0;
  w.run();
  CHECK(SelectorWorld::answers(*wire) == Answers{"1:-127", "-2"});
  CHECK(w.selector->throttle().metrics().refused.get() == 1);
  SelectorWorld::send(*wire, 3, OpCode::kExists);
  w.run();
  CHECK(SelectorWorld::answers(*wire) == Answers{"3"});
}

TEST_CASE("a_refusal_waits_for_the_answers_before_it") {
  SelectorWorld w({.throttle_requests_max = 1, .throttled_op_wait_time_ms = 50});
  auto wire = w.attach();
  SelectorWorld::send(*wire, 1, OpCode::kDelete);
  SelectorWorld::send(*wire, 2, OpCode::kExists);
  w.run();
  auto written = w.sent_on();
  REQUIRE(written.size() == 1);
  w.pass(51);
  w.admission.outstanding = 0;  // there is room, but it is not its turn
  w.run();
  CHECK(SelectorWorld::answers(*wire).empty());
  WriteReply reply;
  reply.write = WriteTicket::of(*written[0]);
  w.admission.outstanding = 1;
  w.feed.push(FeedItem{Zxid(1), std::move(reply)});
  w.run();
  CHECK(SelectorWorld::answers(*wire) == Answers{"1", "2:-127"});
}

TEST_CASE("requests_of_a_connection_that_ended_are_dropped_but_its_close_session") {
  bool drops = GENERATE(true, false);
  SelectorWorld w({.throttle_requests_max = 1, .throttle_drop_stale = drops});
  auto wire = w.attach();
  w.admission.outstanding = 1;
  SelectorWorld::send(*wire, 1, OpCode::kDelete);
  SelectorWorld::send(*wire, 2, OpCode::kCloseSession);
  w.run();
  CHECK(w.sent_on().empty());
  REQUIRE(w.selector->throttle().size() == 2);
  ConnectionId id = w.selector->throttle().front()->connection;
  w.selector->terms.post(SessionOrder(CloseConnection{id}));
  w.run();
  std::vector<int32_t> sent_on;
  for (const RequestPtr& request : w.sent_on()) sent_on.push_back(request->xid);
  CHECK(sent_on == (drops ? std::vector<int32_t>{2} : std::vector<int32_t>{1, 2}));
  CHECK(w.selector->throttle().metrics().stale_dropped.get() == (drops ? 1 : 0));
  CHECK(w.selector->throttle().metrics().stale.get() == (drops ? 0 : 1));
}

TEST_CASE("with_the_latency_check_a_request_older_than_its_session_ends_its_connection") {
  SelectorWorld w({.throttle_requests_max = 1, .stale_latency_check = true});
  auto wire = w.attach();
  w.admission.outstanding = 1;
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  w.run();
  w.pass(10'000);
  w.run();
  CHECK(wire->open);
  w.pass(1);
  w.run();
  CHECK_FALSE(wire->open);
  CHECK(w.selector->throttle().metrics().stale_dropped.get() == 1);
}
