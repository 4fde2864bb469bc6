// Handshakes with a read-only server (client-protocol spec 2.9), and with local sessions.
#include <catch2/catch.hpp>

#include "tests/unit/front/selector_world.h"

using namespace okapi;

namespace {

const SessionId kLocal(815);

// Opens a local session on a connection; gives its connect response.
std::string open_local(SelectorWorld& w, Wire& wire) {
  w.run();
  w.run();
  auto mail = w.tracker.take();
  REQUIRE(mail.size() == 1);
  ConnectionId id = std::get<OpenSession>(mail[0]).connection;
  w.selector->terms.post(SessionOrder(AttachResult{id, kLocal, 10'000, 10'000}));
  w.run();
  return std::exchange(wire.to_client, {});
}

}  // namespace

TEST_CASE("a_read_only_server_turns_away_who_did_not_ask_for_one") {
  SelectorWorld w({}, true);
  auto old_client = w.connect();
  auto wants_writes = w.connect(false);
  w.run();
  w.run();
  CHECK(w.tracker.take().empty());
  CHECK_FALSE(old_client->open);
  CHECK_FALSE(wants_writes->open);
  CHECK(old_client->to_client.empty());
  CHECK(wants_writes->to_client.empty());
}

TEST_CASE("who_asked_for_it_is_told_that_the_server_is_read_only") {
  bool read_only = GENERATE(false, true);
  SelectorWorld w({}, read_only);
  auto wire = w.connect(true);
  std::string response = open_local(w, *wire);
  REQUIRE(response.size() == 4 + 37);
  CHECK(response.back() == (read_only ? 1 : 0));
}

// The table of the replicated state does not know it.
TEST_CASE("a_local_session_is_opened_used_and_closed_without_a_write") {
  bool read_only = GENERATE(false, true);
  SelectorWorld w({}, read_only);
  auto wire = w.connect(true);
  open_local(w, *wire);
  SelectorWorld::send(*wire, 1, OpCode::kExists);
  SelectorWorld::send(*wire, 2, OpCode::kCloseSession);
  w.run();
  CHECK(SelectorWorld::answers(*wire) == std::vector<std::string>{"1", "2"});
  CHECK_FALSE(wire->open);
  CHECK(w.sent_on().empty());
  auto mail = w.tracker.take();
  REQUIRE(mail.size() == 3);
  CHECK(std::get<LocalSessionClosed>(mail[0]).session == kLocal);
  CHECK(std::holds_alternative<Touches>(mail[1]));
  CHECK(std::get<ConnectionClosed>(mail[2]).session == kLocal);
}
