// A Selector whose clients and neighbours a test plays.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/proto/frame.h"
#include "server/database/zk_database.h"
#include "server/front/selector.h"
#include "tests/support/fake_env.h"
#include "tests/unit/front/fake_sockets.h"

namespace okapi {

inline const SessionId kSession(4711);

// In a term.
struct SelectorWorld {
  explicit SelectorWorld(const RequestConfig& request = {}, bool read_only = false) {
    config.request = request;
    env.world.clock.time = MonoTime(std::chrono::hours(1));
    config.limits.feed_items_max = 2;
    database.sessions().put(kSession, 10'000);
    selector = std::make_unique<Selector>(env, config, registry, admission, poller, uint8_t{0},
                                          [](ByteView) { return false; });
    selector->attach(bell);
    selector->to_acceptor = freed.sink();
    pending.box.attach(bell);
    requests.box.attach(bell);
    selector->terms.post(TermBegins{&database.tree(),
                                    &database.sessions(),
                                    &watches,
                                    &feed,
                                    {&feed, &other_feed},
                                    &pending.box,
                                    &requests.box,
                                    &tracker.box,
                                    SyncGoes::kAnsweredHere,
                                    read_only,
                                    &serving_until});
  }
  // Without `read_only`: an old client, who does not send the byte.
  std::shared_ptr<Wire> connect(std::optional<bool> read_only = std::nullopt) {
    auto wire = std::make_shared<Wire>();
    selector->accepted.post(Accepted{std::make_unique<FakeStream>("client", wire)});
    append_frame(wire->to_server, [&](jute::OutputArchive& out) {
      ConnectRequest request;
      request.timeout_ms = 10'000;
      put(out, request);
      if (read_only.has_value()) out.put_bool(*read_only);
    });
    return wire;
  }
  // A connection whose session is open.
  std::shared_ptr<Wire> attach() {
    auto wire = connect();
    run();
    run();
    ConnectionId id = std::get<OpenSession>(tracker.take()[0]).connection;
    selector->terms.post(SessionOrder(AttachResult{id, kSession, 10'000}));
    run();
    wire->to_client.clear();
    return wire;
  }
  static void send(Wire& wire, int32_t xid, OpCode op) {
    append_frame(wire.to_server, [&](jute::OutputArchive& out) {
      put(out, RequestHeader{xid, static_cast<int32_t>(op)});
      if (op == OpCode::kExists) put(out, ReadRequest{"/", false});
    });
  }
  // Answers since the last look: "3" is that to xid 3, "3:-127" with an error.
  static std::vector<std::string> answers(Wire& wire) {
    std::vector<std::string> out;
    jute::InputArchive in(wire.to_client);
    while (!in.rest().empty()) {
      ByteView frame = in.get_buffer().value();
      ReplyHeader header = *jute::decode<ReplyHeader>(frame);
      out.push_back(std::to_string(header.xid) +
                    (header.err == 0 ? "" : ":" + std::to_string(header.err)));
    }
    wire.to_client.clear();
    return out;
  }
  // What went to Prep since the last look.
  std::vector<RequestPtr> sent_on() {
    std::vector<RequestPtr> out;
    for (PrepMail& mail : requests.take()) out.push_back(std::move(std::get<RequestPtr>(mail)));
    return out;
  }
  void pass(int64_t ms) { env.world.clock.time += Millis(ms); }

  Turn run() {
    poller.all_readable();
    return step(*selector, env);
  }

  FakeEnv env;
  std::atomic<MonoTime> serving_until{MonoTime::max()};
  FakeBell bell;
  FakePoller poller;
  ServerConfig config;
  ProviderRegistry registry{std::move(*ProviderRegistry::make(config))};
  Admission admission;
  ZkDatabase database{{}, 500};
  WatchTables watches;
  WorkerFeed feed, other_feed;
  Outlet<WriteTicket> pending;
  Outlet<PrepMail> requests;
  Outlet<SessionMail> tracker;
  Outlet<AddressFreed> freed;
  std::unique_ptr<Selector> selector;
};

}  // namespace okapi
