#include "server/election/initial_message.h"

#include <catch2/catch.hpp>
#include <limits>

#include "common/jute/output_archive.h"
#include "tests/unit/election/hex.h"

using namespace okapi;

namespace {

std::string message(std::string_view addresses, int64_t version = -65536, int64_t sid = 4) {
  std::string bytes;
  jute::OutputArchive out(bytes);
  out.put_long(version);
  out.put_long(sid);
  out.put_buffer(ByteView(addresses));
  return bytes;
}

bool refused(ByteView bytes) { return !parse_initial_message(bytes).ok(); }

// What a complete and good message says.
InitialMessage read(ByteView bytes) {
  auto parsed = parse_initial_message(bytes);
  REQUIRE(parsed.ok());
  REQUIRE(parsed->has_value());
  return **parsed;
}

using Addresses = std::vector<HostPort>;

}  // namespace

TEST_CASE("the initial message is written as the reference writes it, in both forms") {
  std::string one = encode_initial_message(ServerId(4), {{"127.0.0.1", 28834}, {"b", 2}}, false);
  CHECK(one == from_hex("ffffffffffff0000 0000000000000004 0000000f"
                        "3132372e302e302e313a3238383334"));
  std::string many = encode_initial_message(ServerId(4), {{"::1", 28834}, {"b", 2}}, true);
  CHECK(many == from_hex("ffffffffffff0001 0000000000000004 0000000f") + "[::1]:28834|b:2");
  CHECK(read(many).addresses == Addresses{{"::1", 28834}, {"b", 2}});
}

TEST_CASE("a message in pieces is waited for, and what follows it is left alone") {
  std::string bytes = message("host:1");
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto parsed = parse_initial_message(ByteView(bytes).substr(0, size));
    REQUIRE(parsed.ok());
    CHECK_FALSE(parsed->has_value());
  }
  InitialMessage whole = read(bytes + "frames");
  CHECK(whole.sid == ServerId(4));
  CHECK(whole.bytes == bytes.size());
  CHECK(whole.addresses == Addresses{{"host", 1}});
}

TEST_CASE("x_ele_02: a version is one of two, or the id itself") {
  CHECK(read(from_hex("0000000000000007")).sid == ServerId(7));
  CHECK(read(from_hex("0000000000000007")).bytes == 8);
  for (int64_t version :
       {int64_t{-1}, int64_t{-65537}, int64_t{-65534}, std::numeric_limits<int64_t>::min()}) {
    CHECK(refused(message("host:1", version)));
  }
}

TEST_CASE("x_ele_03: an address that is none closes") {
  std::string length = message("host:1");
  for (int32_t bytes : {0, -1, 2049, std::numeric_limits<int32_t>::min(), 0x7fffffff}) {
    jute::OutputArchive(length).patch_int(16, bytes);
    CHECK(refused(length));
  }
  for (std::string_view bad :
       {"host", "host:", ":1", "host:0", "host:65536", "host:abc", "host:1x", "host: 1", "a:b:1",
        "[::1]", "[::1]1", "[::1:1", "[]:1", "host:1|", "|host:1", "host:1||b:1", "\xff\xfe:1"}) {
    INFO(printable(bad));
    CHECK(refused(message(bad)));
  }
  std::string longest(2048 - 2, 'h');
  CHECK(read(message(longest + ":1")).addresses.front().host == longest);
  std::string crowd = "a:1";
  for (size_t i = 1; i < kInitialAddressesMax; ++i) crowd += "|a:1";
  CHECK(read(message(crowd)).addresses.size() == kInitialAddressesMax);
  CHECK(refused(message(crowd + "|a:1")));
}

TEST_CASE("x_ele_03: a wildcard is no address to dial; a list is read in either version") {
  CHECK(read(message("0.0.0.0:1")).addresses.empty());
  CHECK(read(message("[::]:1|b:2")).addresses == Addresses{{"b", 2}});
  CHECK(read(message("a:1|b:2")).addresses.size() == 2);
}

TEST_CASE("x_ele_06: an anonymous observer is refused in each form") {
  constexpr int64_t kAnonymous = std::numeric_limits<int64_t>::max();
  CHECK(refused(message("host:1", -65536, kAnonymous)));
  CHECK(refused(from_hex("7fffffffffffffff")));
  CHECK(read(message("host:1", -65536, -3)).sid == ServerId(-3));
}
