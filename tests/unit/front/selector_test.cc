#include "server/front/selector.h"

#include <catch2/catch.hpp>

#include "common/proto/frame.h"
#include "server/database/zk_database.h"
#include "tests/support/fake_env.h"
#include "tests/unit/front/fake_sockets.h"

using namespace okapi;

namespace {

const SessionId kSession(4711);

// A Selector in a term of which the test plays the other stages.
struct World {
  World() {
    env.world.clock.time = MonoTime(std::chrono::hours(1));
    config.limits.feed_items_max = 2;
    database.sessions().put(kSession, 10'000);
    selector = std::make_unique<Selector>(env, config, registry, admission, poller, uint8_t{0},
                                          [](ByteView) { return false; });
    selector->attach(bell);
    selector->to_acceptor = freed.sink();
    for (auto* box : {&pending.box, &requests.box}) box->attach(bell);
    selector->terms.post(TermBegins{&database.tree(),
                                    &database.sessions(),
                                    &watches,
                                    &feed,
                                    {&feed, &other_feed},
                                    &pending.box,
                                    &requests.box,
                                    &tracker.box});
  }
  std::shared_ptr<Wire> connect() {
    auto wire = std::make_shared<Wire>();
    selector->accepted.post(Accepted{std::make_unique<FakeStream>("client", wire)});
    append_frame(wire->to_server, [](jute::OutputArchive& out) {
      ConnectRequest request;
      request.timeout_ms = 10'000;
      put(out, request);
    });
    return wire;
  }
  Turn run() {
    poller.all_readable();
    return step(*selector, env);
  }

  FakeEnv env;
  FakeBell bell;
  FakePoller poller;
  ServerConfig config;
  ProviderRegistry registry{std::move(*ProviderRegistry::make(config))};
  Admission admission;
  ZkDatabase database{{}, 500};
  WatchTables watches;
  WorkerFeed feed, other_feed;
  Outlet<RequestRef> pending, requests;
  Outlet<SessionMail> tracker;
  Outlet<AddressFreed> freed;
  std::unique_ptr<Selector> selector;
};

}  // namespace

TEST_CASE("while_any_workers_feed_is_past_its_bound_no_socket_is_read") {
  World w;
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

TEST_CASE("l_14_the_acceptor_hears_whose_handshake_was_refused") {
  World w;
  auto wire = w.connect();
  w.run();
  w.run();
  auto mail = w.tracker.take();
  REQUIRE(mail.size() == 1);
  ConnectionId id = std::get<OpenSession>(mail[0]).connection;
  bool refused = GENERATE(false, true);
  w.selector->session_orders.post(AttachResult{id, refused ? SessionId() : kSession, 10'000});
  w.run();
  CHECK_FALSE(wire->to_client.empty());
  if (!refused) w.selector->session_orders.post(CloseConnection{id});
  w.run();
  auto gone = w.freed.take();
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].refused == refused);
  CHECK_FALSE(wire->open);
}

TEST_CASE("l_15_the_acceptor_hears_whose_credentials_were_refused") {
  World w;
  auto wire = w.connect();
  w.run();
  w.run();
  ConnectionId id = std::get<OpenSession>(w.tracker.take()[0]).connection;
  w.selector->session_orders.post(AttachResult{id, kSession, 10'000});
  w.run();
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
