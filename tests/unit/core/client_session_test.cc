#include "client/core/client_session.h"

#include <catch2/catch.hpp>

#include "client/core/reply_bodies.h"
#include "common/jute/record.h"

using namespace okapi;
using Kind = Delivery::Kind;

namespace {

constexpr Millis kTimeout{9'000};
const std::string kPassword(16, 'p');

MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }

std::string connect_reply(int32_t timeout_ms, int64_t id, bool read_only = false) {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, ConnectResponse{0, timeout_ms, SessionId(id), kPassword});
    archive.put_bool(read_only);
  });
  return out;
}

std::string reply(int32_t xid, int64_t zxid, ErrorCode err = ErrorCode::kOk, ByteView body = {}) {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) {
    jute::put(archive, ReplyHeader{xid, Zxid(zxid), static_cast<int32_t>(err)});
    archive.put_raw(body);
  });
  return out;
}

// Takes all that the session wants to send, as (xid, type, body) of each frame.
struct SentRequest {
  int32_t xid = 0;
  OpCode op = OpCode::kError;
  std::string body;
};

std::string take_output(ClientSession& session, MonoTime now = at(0)) {
  std::string out(session.output());
  session.sent(out.size(), now);
  return out;
}

std::vector<std::string> frames_of(const std::string& bytes) {
  std::vector<std::string> out;
  jute::InputArchive in(bytes);
  while (!in.rest().empty()) out.emplace_back(in.get_buffer().value());
  return out;
}

SentRequest request_of(const std::string& frame) {
  jute::InputArchive in(frame);
  SentRequest out;
  out.xid = in.get_int();
  out.op = static_cast<OpCode>(in.get_int());
  out.body = in.rest();
  return out;
}

std::vector<Delivery> drain(ClientSession& session) {
  std::vector<Delivery> out;
  Delivery delivery;
  while (session.next(delivery)) out.push_back(delivery);
  return out;
}

std::vector<Delivery> give(ClientSession& session, ByteView bytes, MonoTime now = at(0)) {
  session.receive(bytes, now);
  return drain(session);
}

// A session whose handshake is done; nothing is left to send.
ClientSession established(ClientSession::Options options = {.timeout = kTimeout}) {
  ClientSession session(options);
  session.connected(at(0));
  take_output(session);
  std::string answer = connect_reply(static_cast<int32_t>(kTimeout.count()), 77);
  REQUIRE(give(session, answer).at(0).kind == Kind::kConnected);
  return session;
}

}  // namespace

TEST_CASE("handshake_of_a_new_session_is_the_vector_of_the_spec") {
  ClientSession session({.timeout = Millis(10'000)});
  session.connected(at(0));
  std::string expected("\0\0\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\x10\0\0\0\0\0\0\0\0\0\0\0\x10",
                       32);
  expected.append(17, '\0');
  CHECK(session.output() == expected);
}

TEST_CASE("requests_made_before_the_handshake_is_done_travel_behind_it") {
  ClientSession session({.timeout = kTimeout});
  session.get_data("/early", Watch::kNo, 5);
  session.connected(at(0));
  session.get_data("/late", Watch::kNo, 6);
  auto frames = frames_of(take_output(session));
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].size() == 45);
  CHECK(request_of(frames[1]).xid == 1);
  CHECK(request_of(frames[2]).xid == 2);
  std::string bytes = connect_reply(6000, 42) + reply(1, 3) + reply(2, 3, ErrorCode::kNoNode);
  auto got = give(session, bytes);
  REQUIRE(got.size() == 3);
  CHECK(session.id() == SessionId(42));
  CHECK(session.timeout() == Millis(6000));
  CHECK(got[1].tag == 5);
  CHECK(got[2].tag == 6);
  CHECK(got[2].err == ErrorCode::kNoNode);
  CHECK(session.last_zxid_seen() == Zxid(3));
}

TEST_CASE("replies_are_found_however_the_bytes_are_cut") {
  std::string body = jute::encoded(PathBody{ByteView("/made")});
  std::string bytes = reply(1, 8, ErrorCode::kOk, body) + reply(2, 9);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    ClientSession session = established();
    session.create({.path = "/made"}, 1);
    session.remove("/made", -1, 2);
    std::vector<uint64_t> tags;
    for (size_t i = 0; i < bytes.size(); i += piece) {
      std::string copy = bytes.substr(i, piece);  // its own block, so that a stale view shows
      for (const Delivery& d : give(session, copy)) {
        tags.push_back(d.tag);
        if (d.tag == 1) CHECK(jute::decode<PathBody>(d.body).value().path == "/made");
      }
    }
    CHECK(tags == std::vector<uint64_t>{1, 2});
    CHECK(session.in_flight() == 0);
  }
}

TEST_CASE("reply_out_of_order_breaks_the_connection") {
  ClientSession session = established();
  session.exists("/a");
  session.exists("/b");
  auto got = give(session, reply(2, 1) + reply(1, 1));
  REQUIRE(got.size() == 1);
  CHECK(got[0].kind == Kind::kBroken);
}

TEST_CASE("impossible_frame_length_breaks_the_connection") {
  ClientSession session = established();
  auto got = give(session, ByteView("\xff\xff\xff\xf0zzzz", 8));
  REQUIRE(got.size() == 1);
  CHECK(got[0].kind == Kind::kBroken);
}

TEST_CASE("ping_goes_out_after_a_third_of_the_timeout_and_silence_ends_the_connection") {
  ClientSession session = established();
  CHECK(session.next_tick() == at(3'000));
  CHECK(session.tick(at(2'999)));
  CHECK(session.output().empty());
  CHECK(session.tick(at(3'000)));
  CHECK(take_output(session, at(3'000)) == std::string("\0\0\0\x08\xff\xff\xff\xfe\0\0\0\x0b", 12));
  CHECK(give(session, reply(kPingXid, 6), at(3'001)).empty());
  CHECK(session.last_zxid_seen() == Zxid(6));
  CHECK(session.tick(at(9'000)));
  CHECK_FALSE(session.tick(at(9'001)));
}

TEST_CASE("unanswered_handshake_times_out") {
  ClientSession session({.timeout = kTimeout, .connect_timeout = Millis(500)});
  session.connected(at(100));
  CHECK(session.tick(at(599)));
  CHECK_FALSE(session.tick(at(600)));
}

TEST_CASE("lost_connection_leaves_the_outcome_of_its_requests_unknown") {
  ClientSession session = established();
  session.set_data("/a", ByteView("x"), -1, 10);
  take_output(session);
  session.set_data("/b", ByteView("y"), -1, 11);  // never sent, lost all the same
  session.disconnected();
  auto got = drain(session);
  REQUIRE(got.size() == 2);
  CHECK(got[0].kind == Kind::kLost);
  CHECK(got[0].tag == 10);
  CHECK(got[1].tag == 11);
  CHECK(session.output().empty());
}

TEST_CASE("reconnect_attaches_to_the_session_with_credentials_and_watches") {
  ClientSession session = established();
  session.add_auth("digest", "u:p", 1);
  session.get_data("/d", Watch::kYes);
  session.exists("/e", Watch::kYes);
  session.get_children("/c", Watch::kYes);
  session.add_watch("/r", AddWatchMode::kPersistentRecursive);
  take_output(session);
  auto got = give(session, reply(kAuthXid, 0) + reply(1, 20) + reply(2, 21, ErrorCode::kNoNode) +
                               reply(3, 22) + reply(4, 23));
  REQUIRE(got.size() == 5);
  CHECK(got[0].op == OpCode::kAuth);
  session.disconnected();
  session.who_am_i(9);
  session.connected(at(50));

  auto frames = frames_of(take_output(session));
  REQUIRE(frames.size() == 4);
  auto hello = jute::decode<ConnectRequest>(frames[0]).value();
  CHECK(hello.session_id == SessionId(77));
  CHECK(hello.password == kPassword);
  CHECK(hello.last_zxid_seen == Zxid(23));
  CHECK(request_of(frames[1]).op == OpCode::kAuth);
  SentRequest rearm = request_of(frames[2]);
  CHECK(rearm.xid == kSetWatchesXid);
  auto watches = jute::decode<SetWatches2Request>(rearm.body).value();
  CHECK(watches.relative_zxid == 23);
  CHECK(watches.data.items == std::vector<ByteView>{"/d"});
  CHECK(watches.exist.items == std::vector<ByteView>{"/e"});
  CHECK(watches.child.items == std::vector<ByteView>{"/c"});
  CHECK(watches.recursive.items == std::vector<ByteView>{"/r"});
  CHECK(request_of(frames[3]).op == OpCode::kWhoAmI);

  // Replies to what nobody asked for are swallowed; the event comes through.
  got = give(session, connect_reply(9000, 77) + reply(kAuthXid, 0) +
                          notification_frame(Zxid(-1), EventType::kNodeDataChanged, "/d") +
                          reply(kSetWatchesXid, 25) + reply(5, 25));
  REQUIRE(got.size() == 3);
  CHECK(got[1].kind == Kind::kEvent);
  CHECK(got[2].tag == 9);
  CHECK_FALSE(session.watches().has("/d", WatchKind::kData));
  CHECK(session.watches().has("/c", WatchKind::kChild));
}

TEST_CASE("refused_session_is_expired_and_its_requests_are_lost") {
  ClientSession session = established();
  session.disconnected();
  session.sync("/", 4);
  session.connected(at(1));
  auto got = give(session, connect_reply(0, 0));
  REQUIRE(got.size() == 2);
  CHECK(got[0].kind == Kind::kExpired);
  CHECK(got[1].kind == Kind::kLost);
  CHECK(session.is_dead());
  session.sync("/", 5);
  CHECK(drain(session).at(0).tag == 5);
  CHECK(session.output().empty());
}

TEST_CASE("refused_credentials_end_the_session") {
  ClientSession session = established();
  session.add_auth("digest", "", 3);
  auto got = give(session, reply(kAuthXid, 0, ErrorCode::kAuthFailed));
  REQUIRE(got.size() == 1);
  CHECK(got[0].kind == Kind::kAuthFailed);
  CHECK(got[0].tag == 3);
  CHECK(session.state() == ClientSession::State::kAuthFailed);
}

TEST_CASE("reply_to_close_ends_the_session") {
  ClientSession session = established();
  session.close(8);
  auto got = give(session, reply(1, 30));
  REQUIRE(got.size() == 1);
  CHECK(got[0].kind == Kind::kClosed);
  CHECK(got[0].tag == 8);
  CHECK(session.state() == ClientSession::State::kClosed);
}

TEST_CASE("session_of_a_read_only_server_is_not_taken_elsewhere") {
  ClientSession session({.timeout = kTimeout, .may_be_read_only = true});
  session.connected(at(0));
  CHECK(take_output(session).back() == '\x01');
  give(session, connect_reply(9000, 5, true));
  CHECK(session.is_read_only());
  session.disconnected();
  session.connected(at(1));
  auto hello = jute::decode<ConnectRequest>(frames_of(take_output(session)).at(0)).value();
  CHECK(hello.session_id == SessionId(0));
}

TEST_CASE("removed_watch_is_not_armed_again") {
  ClientSession session = established();
  session.get_data("/d", Watch::kYes);
  session.remove_watches("/d", WatcherType::kAny);
  give(session, reply(1, 1) + reply(2, 1));
  CHECK(session.watches().empty());
}
