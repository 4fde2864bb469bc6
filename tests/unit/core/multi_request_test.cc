#include "client/core/multi_request.h"

#include <catch2/catch.hpp>

#include "client/core/client_session.h"
#include "client/core/reply_bodies.h"

using namespace okapi;

TEST_CASE("create_request_is_the_vector_of_the_spec") {
  ClientSession session({});
  session.create({.path = "/a"});
  CHECK(session.output() ==
        ByteView("\0\0\0\x31\0\0\0\1\0\0\0\1\0\0\0\2/a\0\0\0\0\0\0\0\1\0\0\0\x1f"
                 "\0\0\0\5world\0\0\0\6anyone\0\0\0\0",
                 53));
}

TEST_CASE("mode_chooses_the_create_op") {
  CHECK(CreateArgs{.mode = CreateMode::kEphemeral}.op() == OpCode::kCreate);
  CHECK(CreateArgs{.mode = CreateMode::kEphemeral, .with_stat = true}.op() == OpCode::kCreate2);
  CHECK(CreateArgs{.mode = CreateMode::kContainer}.op() == OpCode::kCreateContainer);
  CHECK(CreateArgs{.mode = CreateMode::kTtl, .ttl_ms = 5}.op() == OpCode::kCreateTtl);
}

TEST_CASE("failed_multi_names_the_error_of_each_op") {
  // Client-protocol spec 3.13: three ops, the second fails with -103.
  ByteView body(
      "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0"
      "\xff\xff\xff\xff\0\xff\xff\xff\x99\xff\xff\xff\x99"
      "\xff\xff\xff\xff\0\xff\xff\xff\xfe\xff\xff\xff\xfe"
      "\xff\xff\xff\xff\1\xff\xff\xff\xff",
      48);
  MultiResults results(body);
  CHECK(results.next().value().err == ErrorCode::kOk);
  CHECK(results.next().value().err == ErrorCode::kBadVersion);
  CHECK(results.next().value().err == ErrorCode::kRuntimeInconsistency);
  CHECK_FALSE(results.next().has_value());
  CHECK(results.ok());
}

TEST_CASE("results_of_a_multi_are_cut_apart") {
  std::string body;
  jute::encode(body, MultiHeader{static_cast<int32_t>(OpCode::kCreate), false, 0});
  jute::encode(body, PathBody{ByteView("/new")});
  jute::encode(body, MultiHeader{static_cast<int32_t>(OpCode::kSetData), false, 0});
  Stat stat;
  stat.version = 4;
  jute::encode(body, stat);
  jute::encode(body, MultiHeader{-1, true, -1});
  MultiResults results(body);
  auto made = results.next().value();
  CHECK(made.op == OpCode::kCreate);
  CHECK(jute::decode<PathBody>(made.body).value().path == "/new");
  CHECK(jute::decode<Stat>(results.next().value().body).value().version == 4);
  CHECK_FALSE(results.next().has_value());
  CHECK(results.ok());

  MultiResults cut(ByteView(body).substr(0, body.size() - 20));
  while (cut.next().has_value()) {
  }
  CHECK_FALSE(cut.ok());
}
