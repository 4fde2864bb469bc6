// Each rule of the judge, broken once on purpose: a checker that never failed is not a checker.
#include <catch2/catch.hpp>

#include "client/core/reply_bodies.h"
#include "common/proto/frame.h"
#include "tests/sim/checkers/replay.h"
#include "tests/sim/workload/wire_tap.h"

namespace okapi::sim {
namespace {

using Catch::Matchers::StartsWith;

// Tells what a right server would have done, call by call, as log and history.
class Story {
 public:
  explicit Story(size_t clients) {
    history.clients.resize(clients);
    for (size_t i = 0; i < clients; ++i) {
      SessionId id(static_cast<int64_t>(100 + i));
      log_txn(id, 0, OpCode::kCreateSession);
      truth.create_session(id);
      log.back().digest = truth.digest();
      history.clients[i].sessions.push_back({.id = id, .timeout = Millis(1000)});
      history.clients[i].connections.push_back({.session = id, .began = now});
    }
  }

  CallRecord& call(size_t client, Call what) {
    ClientHistory& who = history.clients[client];
    now += Millis(10);
    CallRecord record{.call = what,
                      .client = client,
                      .session = who.sessions.back().id,
                      .xid = ++xids[client],
                      .state = CallState::kAnswered,
                      .asked = now,
                      .ended = now + Millis(5)};
    ModelAnswer answer;
    if (is_write(what.op)) {
      log_txn(record.session, record.xid, what.op);
      answer =
          truth.write(what, {log.back().header.zxid, log.back().header.time_ms, record.session});
      log.back().is_error = answer.err != ErrorCode::kOk;
      log.back().digest = truth.digest();
    } else {
      answer = truth.read(what, record.session);
    }
    record.err = answer.err;
    record.body = answer.body;
    record.zxid = log.back().header.zxid;
    who.calls.push_back(record);
    who.connections.back().arrivals.push_back(
        {.kind = Arrival::Kind::kReply, .zxid = record.zxid, .call = who.calls.size() - 1});
    return who.calls.back();
  }
  void event(size_t client, EventType type, const std::string& path, Zxid zxid) {
    history.clients[client].connections.back().arrivals.push_back(
        {.kind = Arrival::Kind::kEvent, .zxid = zxid, .event = type, .path = path});
  }
  void close(size_t client, Millis later, bool with_ephemerals = true) {
    now += later;
    SessionId id = history.clients[client].sessions.back().id;
    log_txn(id, 0, OpCode::kCloseSession);
    auto paths = truth.ephemerals_of(id);
    if (with_ephemerals) log.back().paths.assign(paths.begin(), paths.end());
    truth.close_session(id, log.back().header.zxid, {paths.begin(), paths.end()});
    log.back().digest = truth.digest();
    history.clients[client].connections.back().closed = true;
  }
  Zxid last() const { return log.back().header.zxid; }
  std::string judge(ReplayOptions options = {}) {
    options.wall_start_ms = 0;
    return Replay(history, log, options).run().value_or("fine");
  }

  void log_txn(SessionId session, int32_t xid, OpCode op) {
    log.push_back({.header = {.client_id = session,
                              .cxid = xid,
                              .zxid = Zxid(static_cast<int64_t>(log.size() + 1)),
                              .time_ms = to_ms(now),
                              .type = static_cast<int32_t>(op)}});
  }

  TreeModel truth;
  std::vector<LoggedTxn> log;
  History history;
  MonoTime now{Millis(1'000'000)};
  std::map<size_t, int32_t> xids;
};

Call create(const std::string& path, CreateMode mode = CreateMode::kPersistent) {
  return {.op = OpCode::kCreate, .path = path, .data = "x", .mode = mode};
}
Call set(const std::string& path, const std::string& data) {
  return {.op = OpCode::kSetData, .path = path, .data = data};
}
Call get(const std::string& path, bool watch = false) {
  return {.op = OpCode::kGetData, .path = path, .watch = watch};
}

Story right_story() {
  Story story(2);
  story.call(0, create("/a"));
  story.call(1, get("/a", true));
  story.call(0, create("/a/e", CreateMode::kEphemeral));
  story.call(0, set("/a", "y"));
  story.event(1, EventType::kNodeDataChanged, "/a", story.last());
  story.call(1, get("/a"));
  story.call(1, {.op = OpCode::kMulti, .subs = {set("/a", "z"), create("/a")}});
  story.call(1, {.op = OpCode::kGetChildren2, .path = "/a"});
  story.close(0, Millis(5000));
  story.call(1, {.op = OpCode::kGetChildren2, .path = "/a"});
  return story;
}

TEST_CASE("the model's digests are those of a real server") {
  TreeModel model;
  CHECK(model.digest() == 0x51c6d660);
  SessionId session(0x0100000e4d140000);
  model.create_session(session);
  Call call{.op = OpCode::kCreate, .path = "/a", .data = "hi"};
  model.write(call, {.zxid = Zxid(2), .time_ms = 0x1a1faf02047, .session = session});
  CHECK(model.digest() == 0x607a0afd);
}

TEST_CASE("a right story is found right") { CHECK(right_story().judge() == "fine"); }

TEST_CASE("g02: an acknowledged write that is not in the log is missed") {
  Story story(1);
  story.call(0, create("/a"));
  story.log.pop_back();
  CHECK_THAT(story.judge(), StartsWith("G02"));
}

TEST_CASE("g03: a write that happened twice, or that nobody asked for") {
  Story story(1);
  story.call(0, set("/zookeeper", "y"));
  LoggedTxn again = story.log.back();
  again.header.zxid = again.header.zxid.next();
  story.log.push_back(again);
  CHECK_THAT(story.judge(), StartsWith("G03"));

  Story phantom(1);
  phantom.log_txn(SessionId(100), 77, OpCode::kCreate);
  CHECK_THAT(phantom.judge(), StartsWith("G03"));
}

TEST_CASE("g05: writes of a session out of order") {
  Story story(1);
  story.call(0, {.op = OpCode::kDelete, .path = "/none"});
  story.call(0, {.op = OpCode::kDelete, .path = "/none"});
  auto& calls = story.history.clients[0].calls;
  std::swap(story.log[1].header.cxid, story.log[2].header.cxid);
  std::swap(calls[0].zxid, calls[1].zxid);
  CHECK_THAT(story.judge(), StartsWith("G05"));
}

TEST_CASE("g01: a write answered before another was asked has the lower zxid") {
  Story story(2);
  CallRecord& first = story.call(0, set("/zookeeper", "1"));
  CallRecord& second = story.call(1, set("/zookeeper", "2"));
  first.asked = second.ended + Millis(1);
  first.ended = first.asked + Millis(1);
  CHECK_THAT(story.judge(), StartsWith("G01"));
}

TEST_CASE("inv_d7: a read of something else than the state at its stamp") {
  Story story = right_story();
  for (CallRecord& record : story.history.clients[1].calls) {
    if (record.call.op == OpCode::kGetData) record.body[4] = 'q';
  }
  CHECK_THAT(story.judge(), StartsWith("INV-D7"));
}

TEST_CASE("inv_d7: an answer that the request does not deserve") {
  Story story(1);
  story.call(0, create("/a")).err = ErrorCode::kNodeExists;
  CHECK_THAT(story.judge(), StartsWith("INV-D7"));
}

TEST_CASE("inv_d1: a digest that is not that of the tree") {
  Story story = right_story();
  *story.log[3].digest += 1;
  CHECK_THAT(story.judge(), StartsWith("INV-D1"));
}

TEST_CASE("inv_d2: a close that leaves an ephemeral behind") {
  Story story(1);
  story.call(0, create("/e", CreateMode::kEphemeral));
  story.close(0, Millis(5000), false);
  CHECK_THAT(story.judge(), StartsWith("INV-D2"));
}

TEST_CASE("inv_d5: a session that expired too early") {
  Story story(1);
  story.call(0, create("/a"));
  story.close(0, Millis(600));
  CHECK_THAT(story.judge(), StartsWith("INV-D5"));
}

TEST_CASE("g12: an abandoned session that never expires") {
  Story story(1);
  story.log_txn(SessionId(555), 0, OpCode::kCreateSession);
  CHECK_THAT(story.judge({.all_abandoned_expired = true}), StartsWith("G12"));
}

// The same, told by an ensemble.
ReplayOptions ensemble(Millis sync_lag = {}) { return {.ensemble = true, .sync_lag = sync_lag}; }

Call sync() { return {.op = OpCode::kSync, .path = "/"}; }

TEST_CASE("g07, g08: a member's reads may be old, its syncs may not") {
  Story story(2);
  story.call(0, create("/a"));
  CallRecord old = story.call(1, get("/a"));
  CallRecord old_sync = story.call(1, sync());
  story.call(0, set("/a", "y"));
  Millis late = Millis(100);
  auto judge = [&](CallRecord record, ReplayOptions options) {
    Story told = story;
    record.asked = told.now + late;
    record.ended = record.asked + Millis(1);
    ClientHistory& who = told.history.clients[1];
    // In place of the last call of the same kind: it carries an old stamp.
    who.calls[record.call.op == OpCode::kSync ? 1 : 0] = record;
    return told.judge(options);
  };
  CHECK(judge(old, ensemble()) == "fine");
  CHECK_THAT(judge(old, {}), StartsWith("G08"));
  CHECK_THAT(judge(old_sync, ensemble()), StartsWith("G08"));
  CHECK_THAT(judge(old_sync, ensemble(late - Millis(10))), StartsWith("G08"));
  CHECK(judge(old_sync, ensemble(late + Millis(10))) == "fine");
}

TEST_CASE("g05: only in an ensemble a write is refused because its session moved, unanswered") {
  Story story(1);
  CallRecord& moved = story.call(0, create("/a"));
  moved.state = CallState::kLost;
  story.history.clients[0].connections[0].arrivals.clear();
  story.log.back().is_error = true;
  story.log.back().err = ErrorCode::kSessionMoved;
  story.log.back().digest.reset();
  CHECK(story.judge(ensemble()) == "fine");
  CHECK_THAT(story.judge(), StartsWith("G05"));
  moved.state = CallState::kAnswered;
  CHECK_THAT(story.judge(ensemble()), StartsWith("G05"));
}

TEST_CASE("a leader's first answers are stamped with the beginning of its epoch") {
  Story story(1);
  story.call(0, create("/a"));
  story.call(0, get("/a")).zxid = Zxid::make(Epoch(3), 0);
  auto& arrivals = story.history.clients[0].connections[0].arrivals;
  arrivals.back().zxid = Zxid::make(Epoch(3), 0);
  CHECK(story.judge(ensemble()) == "fine");
  CHECK_THAT(story.judge(), StartsWith("G02"));
  arrivals.back().zxid = Zxid::make(Epoch(3), 1);
  CHECK_THAT(story.judge(ensemble()), StartsWith("G02"));
}

TEST_CASE("inv_d9: an event that is missing, double, wrong or not owed") {
  auto tamper = [](auto what) {
    Story story = right_story();
    auto& arrivals = story.history.clients[1].connections[0].arrivals;
    auto event = std::find_if(arrivals.begin(), arrivals.end(),
                              [](const Arrival& one) { return one.kind == Arrival::Kind::kEvent; });
    what(arrivals, event);
    return story.judge();
  };
  CHECK_THAT(tamper([](auto& all, auto at) { all.erase(at); }), StartsWith("INV-D9: missing"));
  CHECK_THAT(tamper([](auto& all, auto at) { all.insert(at, Arrival(*at)); }),
             StartsWith("INV-D9: not owed"));
  CHECK_THAT(tamper([](auto&, auto at) { at->path = "/b"; }), StartsWith("INV-D9: owed"));
  CHECK_THAT(tamper([](auto& all, auto at) {
               Arrival event = *at;
               all.erase(at);
               all.push_back(event);
             }),
             StartsWith("INV-D9: missing"));
}

TEST_CASE("a connection that was cut may miss the last events, not those in between") {
  Story story(2);
  story.call(0, create("/a"));
  story.call(0, create("/b"));
  story.call(1, get("/a", true));
  story.call(1, get("/b", true));
  story.call(0, set("/a", "1"));
  Zxid first = story.last();
  story.call(0, set("/b", "1"));
  Zxid second = story.last();
  CHECK(story.judge() == "fine");
  Story other = story;
  story.event(1, EventType::kNodeDataChanged, "/a", first);
  CHECK(story.judge() == "fine");
  other.event(1, EventType::kNodeDataChanged, "/b", second);
  CHECK_THAT(other.judge(), StartsWith("INV-D9"));
}

std::string reply_frame(int32_t xid, int64_t zxid) {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, ReplyHeader{xid, Zxid(zxid), 0});
  });
  return out;
}

std::string connect_frame() {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, ConnectResponse{0, 1, SessionId(1), "0123456789abcdef"});
  });
  return out;
}

std::string tap_text(WireTap& tap, const std::string& bytes) {
  return tap.receive(bytes, [](const TappedFrame&) {}).value_or("fine");
}

TEST_CASE("o7: zxids of a session never fall, over connections too") {
  WireTap tap;
  tap.connected(false);
  CHECK(tap_text(tap, connect_frame() + reply_frame(1, 5) + reply_frame(2, 5)) == "fine");
  CHECK_THAT(tap_text(tap, reply_frame(3, 4)), StartsWith("G06/O7"));
  tap.connected(true);
  CHECK_THAT(tap_text(tap, connect_frame() + reply_frame(4, 4)), StartsWith("G06/O7"));
  tap.connected(false);
  CHECK(tap_text(tap, connect_frame() + reply_frame(1, 4)) == "fine");
}

TEST_CASE("o3: an event after an answer that shows its change") {
  WireTap tap;
  tap.connected(false);
  std::string event = notification_frame(Zxid(6), EventType::kNodeCreated, "/a");
  CHECK(tap_text(tap, connect_frame() + reply_frame(1, 5) + event + reply_frame(2, 6)) == "fine");
  CHECK_THAT(tap_text(tap, event), StartsWith("O3/G09"));
}

}  // namespace
}  // namespace okapi::sim
