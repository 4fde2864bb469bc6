#include "server/front/acceptor.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_env.h"
#include "tests/unit/front/fake_sockets.h"

using namespace okapi;

namespace {

// Opens what it is asked to, but for port 1.
class FakeNet final : public Net {
 public:
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, int) override {
    if (at.port == 1) return Error{ErrorKind::kBusy, "in use"};
    auto made = std::make_unique<FakeListener>(at);
    last = made.get();
    return std::unique_ptr<Listener>(std::move(made));
  }
  Result<std::unique_ptr<Stream>> connect(const Endpoint&) override { std::abort(); }
  std::unique_ptr<Poller> make_poller(PollerKind) override { std::abort(); }
  FakeListener* last = nullptr;
};

// An acceptor whose listener has any number of clients waiting, and the Selector it deals to.
struct World {
  explicit World(const Limits& chosen, Machine facts = {}) : limits(chosen) {
    env.facts = facts;
    env.world.clock.time = MonoTime(std::chrono::hours(1));
    auto made = std::make_unique<FakeListener>();
    listener = made.get();
    acceptor = std::make_unique<Acceptor>(env, limits, std::move(made), poller, 1);
    acceptor->freed.attach(bell);
    acceptor->orders.attach(bell);
    acceptor->moves.attach(bell);
    env.sockets = &net;
    acceptor->to_selectors[0] = selector.sink();
    acceptor->orders.post(AcceptOrder{true});
  }
  // Connections that reach the Selector in this turn.
  size_t dealt() {
    poller.all_readable();
    last = step(*acceptor, env);
    return selector.take().size();
  }
  size_t connect(const std::string& ip, int count = 1) {
    for (int i = 0; i < count; ++i) listener->waiting.push_back(ip);
    return dealt();
  }
  void free(const std::string& ip, int count, bool refused) {
    for (int i = 0; i < count; ++i) acceptor->freed.post(AddressFreed{ip, refused});
  }
  void pass(int64_t ms) { env.world.clock.time += Millis(ms); }

  FakeEnv env;
  FakeBell bell;
  FakePoller poller;
  FakeNet net;
  Limits limits;
  Outlet<Accepted> selector;
  FakeListener* listener = nullptr;
  std::unique_ptr<Acceptor> acceptor;
  Turn last{MonoTime(), false};
};

Limits no_ip_limit() {
  Limits limits;
  limits.connections_per_ip_max = 0;
  return limits;
}

}  // namespace

TEST_CASE("l_02_connections_over_a_bound_are_refused_at_once") {
  Limits limits;
  limits.connections_per_ip_max = 3;
  limits.connections_max = 5;
  World w(limits);
  CHECK(w.connect("a", 4) == 3);
  CHECK(w.connect("b", 3) == 2);
  CHECK(w.acceptor->rejected().get() == 2);
  w.free("a", 1, false);
  CHECK(w.connect("c") == 1);
}

TEST_CASE("l_03_descriptors_are_kept_for_files_and_peers_and_clients_wait") {
  Machine facts;
  facts.max_descriptors = 100;
  facts.open_descriptors = 20;
  Limits limits = no_ip_limit();
  limits.reserved_descriptors = 64;
  World w(limits, facts);
  CHECK(w.connect("a", 20) == 16);
  CHECK(w.listener->waiting.size() == 4);
  CHECK(w.poller.watched.begin()->second.second == Interest::kNone);
  CHECK(w.env.world.lines.has("16 client connections"));
  CHECK(w.dealt() == 0);
  w.free("a", 3, false);
  CHECK(w.dealt() == 3);
  w.free("a", 3, false);
  CHECK(w.dealt() == 1);
  CHECK(w.poller.watched.begin()->second.second == Interest::kRead);
  CHECK(w.acceptor->rejected().get() == 0);
}

TEST_CASE("l_03_a_system_that_has_fewer_descriptors_than_are_reserved_still_lets_one_client_in") {
  Machine facts;
  facts.max_descriptors = 64;
  facts.open_descriptors = 20;
  World w(no_ip_limit(), facts);
  CHECK(w.connect("a", 3) == 1);
}

TEST_CASE("l_14_l_15_who_was_refused_too_often_in_a_minute_waits_a_second_per_connection") {
  Limits limits = no_ip_limit();
  limits.refused_per_minute_max = 5;
  World w(limits);
  CHECK(w.connect("guesser", 6) == 6);
  w.free("guesser", 5, true);
  CHECK(w.connect("guesser") == 1);
  w.free("guesser", 1, true);
  CHECK(w.connect("guesser", 2) == 0);
  // Nobody else may come meanwhile.
  REQUIRE(w.last.deadline().has_value());
  CHECK(w.connect("other") == 1);
  REQUIRE(w.last.deadline().has_value());
  w.pass(999);
  CHECK(w.dealt() == 0);
  w.pass(1);
  CHECK(w.dealt() == 2);
  CHECK_FALSE(w.last.deadline().has_value());
  w.pass(60'000);
  CHECK(w.connect("guesser") == 1);
}

TEST_CASE("l_14_connections_that_end_in_order_are_no_guesses") {
  Limits limits = no_ip_limit();
  limits.refused_per_minute_max = 5;
  World w(limits);
  CHECK(w.connect("busy", 50) == 50);
  w.free("busy", 50, false);
  CHECK(w.connect("busy") == 1);
}

TEST_CASE("l_14_memory_for_guessing_addresses_is_bounded") {
  RefusalCounter refusals(0);
  MonoTime now(std::chrono::hours(1));
  for (size_t i = 0; i < RefusalCounter::kAddressesMax; ++i) refusals.note(std::to_string(i), now);
  refusals.note("one more", now);
  CHECK_FALSE(refusals.is_over("one more", now));
  CHECK(refusals.is_over("7", now));
  now += std::chrono::minutes(1);
  refusals.note("one more", now);
  CHECK(refusals.is_over("one more", now));
  CHECK_FALSE(refusals.is_over("7", now));
}

TEST_CASE("a_reconfiguration_moves_the_client_port_and_leaves_the_clients_who_are_there") {
  Limits limits = no_ip_limit();
  limits.connections_max = 3;
  World w(limits);
  CHECK(w.connect("a", 2) == 2);
  w.acceptor->moves.post({{"10.0.0.1", 2182}});
  w.dealt();
  CHECK(w.acceptor->port() == 2182);
  CHECK(w.poller.watched.size() == 1);
  w.listener = w.net.last;
  CHECK(w.connect("b", 2) == 1);  // with the two who stayed
}

// Compat: as the reference, which tries once.
TEST_CASE("a_client_port_that_cannot_be_opened_leaves_none_until_the_next_one") {
  World w(no_ip_limit());
  w.acceptor->moves.post({{"", 1}});
  CHECK(w.dealt() == 0);
  CHECK(w.acceptor->port() == 0);
  CHECK(w.env.world.lines.has("Cannot reconfigure the client port to :1: in use"));
  CHECK(w.poller.watched.empty());
  w.acceptor->moves.post({{"", 2183}});
  w.dealt();
  w.listener = w.net.last;
  CHECK(w.connect("a") == 1);
}
