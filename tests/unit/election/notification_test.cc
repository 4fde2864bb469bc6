#include "server/election/notification.h"

#include <catch2/catch.hpp>

#include "common/jute/output_archive.h"
#include "tests/unit/election/hex.h"

using namespace okapi;

namespace {

const Vote kVote{ServerId(3), Zxid(0x200000007), 5, Epoch(2)};

std::string whole(ByteView config = "version=0") {
  return std::string(encode_notification(PeerState::kLooking, kVote, config).view());
}

// The first `size` bytes of a message of version `version`, with `config_length` as sent.
std::string layout(size_t size, int32_t version = 2, int32_t config_length = 0) {
  std::string bytes = whole("");
  jute::OutputArchive out(bytes);
  out.patch_int(36, version);
  out.patch_int(40, config_length);
  bytes.resize(std::max(size, bytes.size()), 'x');
  bytes.resize(size);
  return bytes;
}

}  // namespace

TEST_CASE("a notification is written as a 3.9.5 leader writes it") {
  std::string config(250, 'c');
  Vote vote{ServerId(3), Zxid(0), 1, Epoch(1)};
  auto bytes = encode_notification(PeerState::kLeading, vote, config);
  CHECK(bytes.size() == 294);
  CHECK(bytes.view() == from_hex("00000002 0000000000000003 0000000000000000 0000000000000001"
                                 "0000000000000001 00000002 000000fa") +
                            config);
  auto read = parse_notification(bytes.view());
  REQUIRE(read.ok());
  CHECK(*read == Notification{PeerState::kLeading, vote, 2, config});
}

TEST_CASE("x_ele_08: each old layout is read as the reference reads it, each broken one dropped") {
  for (size_t size = 0; size <= 60; ++size) {
    INFO(size);
    bool readable = size == 28 || size >= 40;
    // From 41 bytes on the length of a configuration is needed.
    if (size > 40 && size < 44) readable = false;
    auto read = parse_notification(layout(size));
    CHECK(read.ok() == readable);
    if (!read.ok()) continue;
    CHECK(read->vote == kVote);  // epoch 2 by the zxid too
    CHECK(read->version == (size <= 40 ? 0 : 2));
    CHECK(read->config_text.empty());
  }
  // A version below 2 has no configuration, whatever follows.
  CHECK(parse_notification(layout(41, 1)).ok());
  auto old = parse_notification(layout(50, 1, 77));
  REQUIRE(old.ok());
  CHECK(old->version == 1);
}

TEST_CASE("x_ele_08: the length of a configuration is held against the message") {
  CHECK(parse_notification(layout(44 + 10, 2, 10)).value().config_text == "xxxxxxxxxx");
  CHECK(parse_notification(layout(44 + 10, 2, 4)).value().config_text == "xxxx");
  for (int32_t length : {-1, 11, 0x7fffffff, std::numeric_limits<int32_t>::min()}) {
    CHECK_FALSE(parse_notification(layout(44 + 10, 2, length)).ok());
  }
}

TEST_CASE("x_ele_08: a state that is none is told from the four that are") {
  for (int32_t number : {-1, 0, 1, 2, 3, 4, 0x7fffffff}) {
    std::string bytes = whole();
    jute::OutputArchive(bytes).patch_int(0, number);
    auto read = parse_notification(bytes);
    REQUIRE(read.ok());
    CHECK(read->state.has_value() == (number >= 0 && number <= 3));
  }
}

TEST_CASE("x_ele_10: a vote that would use up the epochs is refused, other extremes are not") {
  auto accepted = [](Vote vote) {
    return parse_notification(encode_notification(PeerState::kLooking, vote, "").view()).ok();
  };
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kLast = (int64_t{1} << 31) - 3;
  CHECK(accepted({ServerId(kMax), Zxid(0), kMax, Epoch(kLast)}));
  CHECK(accepted({ServerId(1), Zxid::make(Epoch(kLast), 0xffffffff), kMin, Epoch(1)}));
  CHECK(accepted(kObserverVote));
  CHECK(accepted({ServerId(1), kSuspectZxid, 1, Epoch(-1)}));
  CHECK_FALSE(accepted({ServerId(1), Zxid(0), 1, Epoch(kLast + 1)}));
  CHECK_FALSE(accepted({ServerId(1), Zxid(0), 1, Epoch(kMax)}));
  CHECK_FALSE(accepted({ServerId(1), Zxid::make(Epoch(kLast + 1), 0), 1, Epoch(1)}));
}
