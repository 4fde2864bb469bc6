// Op codes, create modes, frames, and the test vectors of client-protocol spec section 14.
#include <catch2/catch.hpp>
#include <set>

#include "common/proto/create_mode.h"
#include "common/proto/frame.h"
#include "common/proto/op_code.h"
#include "common/proto/requests.h"
#include "common/proto/responses.h"

using namespace okapi;

namespace {

std::string hex(ByteView bytes) {
  std::string out;
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

template <class... Records>
std::string frame_of(const Records&... records) {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) { (put(archive, records), ...); });
  return out;
}

}  // namespace

TEST_CASE("op_codes_are_known_by_their_number_and_nothing_else_is") {
  std::set<int32_t> known;
  for (int32_t number = -200; number < 300; ++number) {
    auto op = op_code_of(number);
    if (!op.has_value()) continue;
    CHECK(static_cast<int32_t>(*op) == number);
    CHECK_FALSE(name_of(*op).empty());
    known.insert(number);
  }
  CHECK(known == std::set<int32_t>{-11, -10, -1,  1,   2,   3,   4,   5,   6,   7,  8,
                                   9,   11,  12,  13,  14,  15,  16,  17,  18,  19, 20,
                                   21,  22,  100, 101, 102, 103, 104, 105, 106, 107});
  CHECK_FALSE(op_code_of(0).has_value());
  CHECK_FALSE(op_code_of(INT32_MIN).has_value());
  CHECK_FALSE(op_code_of(INT32_MAX).has_value());
}

TEST_CASE("a_client_may_not_send_what_servers_make_or_what_only_a_multi_holds") {
  for (OpCode op :
       {OpCode::kCreateSession, OpCode::kError, OpCode::kCheck, OpCode::kAuth, OpCode::kSasl}) {
    CHECK_FALSE(is_client_request(op));
  }
  CHECK(is_client_request(OpCode::kCloseSession));
  CHECK(is_client_request(OpCode::kPing));
  CHECK(is_write(OpCode::kMulti));
  CHECK(is_write(OpCode::kCloseSession));
  CHECK_FALSE(is_write(OpCode::kMultiRead));
  CHECK_FALSE(is_write(OpCode::kSync));
}

TEST_CASE("create_flags_from_zero_to_six_are_modes") {
  CHECK_FALSE(create_mode_of(-1).has_value());
  CHECK_FALSE(create_mode_of(7).has_value());
  std::string kinds;
  for (int32_t flags = 0; flags <= 6; ++flags) {
    CreateMode mode = *create_mode_of(flags);
    kinds += is_ephemeral(mode) ? 'e' : '-';
    kinds += is_sequential(mode) ? 's' : '-';
    kinds += is_ttl(mode) ? 't' : '-';
    kinds += ' ';
  }
  CHECK(kinds == "--- e-- -s- es- --- --t -st ");
}

TEST_CASE("a_frame_is_a_length_and_its_payload_and_frames_follow_each_other") {
  std::string out = frame_of(RequestHeader{1, 2});
  append_frame(out, [](jute::OutputArchive&) {});
  CHECK(hex(out) ==
        "00000008"
        "00000001"
        "00000002"
        "00000000");
}

TEST_CASE("vector_ping_request_and_reply") {
  CHECK(hex(frame_of(RequestHeader{kPingXid, 11})) == "00000008fffffffe0000000b");
  CHECK(hex(frame_of(ReplyHeader{kPingXid, Zxid(6), 0})) ==
        "00000010fffffffe000000000000000600000000");
}

TEST_CASE("vector_reply_to_an_unknown_op") {
  CHECK(hex(frame_of(ReplyHeader{1, Zxid(-1), static_cast<int32_t>(ErrorCode::kUnimplemented)})) ==
        "0000001000000001fffffffffffffffffffffffa");
}

TEST_CASE("vector_connect_request_of_a_new_session") {
  std::string password(16, '\0');
  ConnectRequest request{0, Zxid(0), 10'000, SessionId(0), password};
  CHECK(hex(frame_of(request, false)) ==
        "0000002d"
        "00000000"
        "0000000000000000"
        "00002710"
        "0000000000000000"
        "00000010" +
            std::string(32, '0') + "00");
}

TEST_CASE("vector_refused_connect_response_with_and_without_the_last_byte") {
  std::string password(16, '\0');
  ConnectResponse refused{0, 0, SessionId(0), password};
  std::string rest =
      "00000000"
      "00000000"
      "0000000000000000"
      "00000010" +
      std::string(32, '0');
  CHECK(hex(frame_of(refused, false)) == "00000025" + rest + "00");
  CHECK(hex(frame_of(refused)) == "00000024" + rest);
}

TEST_CASE("vector_create_request") {
  CreateRequest create;
  create.path = "/a";
  create.data = "";
  create.acl.items = {{Perms::kAll, "world", "anyone"}};
  CHECK(hex(frame_of(RequestHeader{1, 1}, create)) ==
        "00000031"
        "00000001"
        "00000001"
        "00000002"
        "2f61"
        "00000000"
        "00000001"
        "0000001f"
        "00000005"
        "776f726c64"
        "00000006"
        "616e796f6e65"
        "00000000");
}

TEST_CASE("a_stat_is_68_bytes_in_the_order_of_the_reference") {
  Stat stat;
  stat.czxid = Zxid(1);
  stat.mzxid = Zxid(2);
  stat.ctime = 3;
  stat.mtime = 4;
  stat.version = 5;
  stat.cversion = 6;
  stat.aversion = 7;
  stat.ephemeral_owner = 8;
  stat.data_length = 9;
  stat.num_children = 10;
  stat.pzxid = Zxid(11);
  std::string bytes = jute::encoded(stat);
  CHECK(bytes.size() == 68);
  CHECK(hex(bytes) ==
        "0000000000000001"
        "0000000000000002"
        "0000000000000003"
        "0000000000000004"
        "00000005"
        "00000006"
        "00000007"
        "0000000000000008"
        "00000009"
        "0000000a"
        "000000000000000b");
}

TEST_CASE("a_notification_carries_xid_minus_one_its_zxid_and_state_connected") {
  CHECK(hex(notification_frame(Zxid(9), EventType::kNodeDeleted, "/a")) ==
        "0000001e"
        "ffffffff"
        "0000000000000009"
        "00000000"
        "00000002"
        "00000003"
        "00000002"
        "2f61");
}
