#include "common/proto/quorum_packet.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "common/proto/learner_info.h"
#include "tests/support/hex.h"
#include "tests/support/packet_reader.h"

using namespace okapi;

namespace {

std::string bytes_of(const SharedBytes& bytes) { return std::string(bytes.view()); }

const Zxid kEpochOne = Zxid::make(Epoch(1), 0);

QuorumPacket parse_one(const std::string& bytes) {
  static PacketReader parser{PacketLimits{}};
  parser.take_rest();
  parser.feed(bytes);
  auto packet = parser.next();
  REQUIRE(packet.ok());
  REQUIRE(packet->has_value());
  return **packet;
}

}  // namespace

TEST_CASE("quorum_packets_are_the_golden_vectors_of_the_wire") {
  struct Row {
    PacketType type;
    Zxid zxid;
    std::optional<std::string> data;
    const char* hex;
  };
  LearnerInfo info{ServerId(4), kPeerProtocolVersion, 0};
  RevalidationReply valid{SessionId(0x0400000000001234), true};
  const Row rows[] = {
      {PacketType::kObserverInfo, Zxid(), jute::encoded(info),
       "00000010 0000000000000000 00000014 0000000000000004 00010000 0000000000000000 ffffffff"},
      {PacketType::kLeaderInfo, kEpochOne, encode_int_data(kPeerProtocolVersion),
       "00000011 0000000100000000 00000004 00010000 ffffffff"},
      {PacketType::kAckEpoch, Zxid(), encode_int_data(0),
       "00000012 0000000000000000 00000004 00000000 ffffffff"},
      {PacketType::kAckEpoch, Zxid(), encode_int_data(-1),
       "00000012 0000000000000000 00000004 ffffffff ffffffff"},
      {PacketType::kAck, kEpochOne, std::nullopt, "00000003 0000000100000000 ffffffff ffffffff"},
      {PacketType::kUpToDate, Zxid(-1), std::nullopt,
       "0000000c ffffffffffffffff ffffffff ffffffff"},
      {PacketType::kCommitAndActivate, Zxid(0x100000002), encode_designated(ServerId(2)),
       "00000009 0000000100000002 00000008 0000000000000002 ffffffff"},
      {PacketType::kRevalidate, Zxid(-1), jute::encoded(valid),
       "00000006 ffffffffffffffff 00000009 0400000000001234 01 ffffffff"},
      {PacketType::kPing, Zxid(0xc900000002),
       encode_touches({{SessionId(0x01000013b6450000), 10'000}}),
       "00000005 000000c900000002 0000000c 01000013b6450000 00002710 ffffffff"},
  };
  for (const Row& row : rows) {
    INFO(name_of(row.type));
    std::string bytes = bytes_of(encode_packet(row.type, row.zxid, row.data));
    CHECK(bytes == unhex(row.hex));
    QuorumPacket packet = parse_one(bytes);
    CHECK(packet.type() == row.type);
    CHECK(packet.zxid == row.zxid);
    CHECK(packet.data == NullableView(row.data));
    CHECK(packet.auth.null);
    CHECK(bytes_of(encode_packet(packet)) == bytes);
  }
}

TEST_CASE("requests_are_the_golden_vectors_of_the_wire") {
  const SessionId session(0x01000013b6450000);
  CHECK(encode_request({session, 0, -10, unhex("00002710")}) ==
        unhex("01000013b6450000 00000000 fffffff6 00002710"));
  CHECK(encode_request({session, 5, -11, ""}) == unhex("01000013b6450000 00000005 fffffff5"));
  CHECK(encode_request({session, 4, 9, unhex("00000001 2f")}) ==
        unhex("01000013b6450000 00000004 00000009 00000001 2f"));

  std::string data = unhex(
      "01000013b6450000 00000001 00000001 00000009 2f76696170726f6265 00000004 64617461 00000001"
      "0000001f 00000005 776f726c64 00000006 616e796f6e65 00000000");
  QuorumPacket packet{static_cast<int32_t>(PacketType::kRequest), Zxid(-1), data, {}};
  packet.auth.items.push_back({"ip", "127.0.0.1"});
  std::string bytes = bytes_of(encode_packet(packet));
  CHECK(bytes.substr(16 + data.size()) == unhex("00000001 00000002 6970 00000009") + "127.0.0.1");
  QuorumPacket again = parse_one(bytes);
  REQUIRE(again.auth.items.size() == 1);
  CHECK(again.auth.items[0].id == NullableView("127.0.0.1"));
  auto request = decode_request(again.data);
  REQUIRE(request.ok());
  CHECK(request->session == session);
  CHECK(request->cxid == 1);
  CHECK(request->op == 1);
  CHECK(request->body == ByteView(data).substr(16));
}

TEST_CASE("null_and_empty_data_are_two_things_on_the_wire") {
  CHECK(encode_packet(PacketType::kPing, Zxid(1)).size() == 20);
  CHECK(bytes_of(encode_packet(PacketType::kPing, Zxid(1), ByteView())) ==
        unhex("00000005 0000000000000001 00000000 ffffffff"));
  CHECK(parse_one(unhex("00000005 0000000000000001 00000000 ffffffff")).data == NullableView(""));
}

TEST_CASE("a_stream_of_packets_parses_the_same_however_it_is_cut") {
  std::string stream;
  std::vector<std::string> packets;
  for (int i = 0; i < 40; ++i) {
    QuorumPacket packet{i % 20, Zxid(i), std::nullopt, {}};
    std::string data(static_cast<size_t>(i * 7 % 90), 'd');
    if (i % 3 != 0) packet.data = data;
    packet.auth.null = i % 4 == 0;
    if (i % 4 == 1) packet.auth.items = {{"ip", "::1"}, {std::nullopt, ""}};
    packets.push_back(bytes_of(encode_packet(packet)));
    stream += packets.back();
  }
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    PacketReader parser{PacketLimits{}};
    size_t at = 0, seen = 0;
    while (at < stream.size()) {
      size_t piece = std::min<size_t>(1 + rng.below(60), stream.size() - at);
      parser.feed(ByteView(stream).substr(at, piece));
      at += piece;
      for (;;) {
        auto packet = parser.next();
        REQUIRE(packet.ok());
        if (!packet->has_value()) break;
        REQUIRE(bytes_of(encode_packet(**packet)) == packets[seen++]);
      }
    }
    CHECK(seen == packets.size());
  }
}

TEST_CASE("what_follows_a_snap_packet_is_handed_over_as_it_is") {
  PacketReader parser{PacketLimits{}};
  parser.feed(bytes_of(encode_packet(PacketType::kSnap, Zxid(7))) + "raw stream");
  auto packet = parser.next();
  REQUIRE((packet.ok() && packet->has_value()));
  CHECK((*packet)->type() == PacketType::kSnap);
  CHECK(parser.take_rest() == "raw stream");
}

TEST_CASE("x_quo_03_claimed_lengths_beyond_the_bounds_are_refused_before_their_bytes_come") {
  PacketLimits limits{.data_bytes_max = 100, .auth_count_max = 3, .auth_bytes_max = 10};
  auto refused = [&](const std::string& hex) {
    PacketReader parser(limits);
    parser.feed(unhex(hex));
    bool first = !parser.next().ok();
    parser.feed(std::string(200, '\0'));
    return first && !parser.next().ok();
  };
  const std::string head = "00000001 ffffffffffffffff";
  CHECK(refused(head + "00000065"));                             // data of 101 bytes
  CHECK(refused(head + "fffffffe"));                             // a negative length
  CHECK(refused(head + "ffffffff 3b9aca00"));                    // a billion identities
  CHECK(refused(head + "ffffffff 00000004"));                    // one too many
  CHECK(refused(head + "ffffffff fffffffe"));                    // a negative number of them
  CHECK(refused(head + "ffffffff 00000001 0000000b"));           // a scheme of 11 bytes
  CHECK(refused(head + "ffffffff 00000001 ffffffff 80000000"));  // an id of a negative length
  PacketReader parser(limits);
  std::string most(100, 'x');
  QuorumPacket packet{1, Zxid(-1), most, {}};
  packet.auth.items = {{"0123456789", ""}, {"a", "b"}, {"c", "d"}};
  parser.feed(bytes_of(encode_packet(packet)));
  auto parsed = parser.next();
  REQUIRE(parsed.ok());
  CHECK(parsed->has_value());
}

TEST_CASE("learner_info_of_older_servers_lacks_what_they_did_not_know") {
  std::string full = jute::encoded(LearnerInfo{ServerId(4), kPeerProtocolVersion, 9});
  CHECK(decode_learner_info(full)->config_version == 9);
  auto twelve = decode_learner_info(ByteView(full).substr(0, 12));
  REQUIRE(twelve.ok());
  CHECK(twelve->protocol_version == kPeerProtocolVersion);
  CHECK(twelve->config_version == 0);
  CHECK(decode_learner_info(ByteView(full).substr(0, 8))->sid == ServerId(4));
  CHECK_FALSE(decode_learner_info(ByteView(full).substr(0, 7)).ok());
  CHECK_FALSE(decode_learner_info(std::nullopt).ok());
}

TEST_CASE("x_quo_09_payloads_of_a_wrong_size_are_refused") {
  std::vector<SessionTouch> touches{{SessionId(1), 5}, {SessionId(-2), -1}};
  CHECK(*decode_touches(encode_touches(touches)) == touches);
  CHECK(decode_touches(std::nullopt)->empty());
  CHECK(decode_touches(ByteView())->empty());
  CHECK_FALSE(decode_touches(encode_touches(touches).substr(1)).ok());
  CHECK_FALSE(decode_int_data(std::nullopt).ok());
  CHECK_FALSE(decode_int_data("12345").ok());
  CHECK_FALSE(decode_request(std::string(15, 'r')).ok());
  CHECK_FALSE(decode_designated(std::string(7, 'd')).ok());
  CHECK(*decode_designated(encode_designated(ServerId(2)) + "more") == ServerId(2));
}
