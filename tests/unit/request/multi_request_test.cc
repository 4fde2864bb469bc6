#include "server/request/multi_request.h"

#include <catch2/catch.hpp>

#include "common/proto/requests.h"

using namespace okapi;

namespace {

constexpr size_t kMax = 100;

CreateRequest create_of(int32_t flags) {
  CreateRequest create;
  create.path = "/a";
  create.data = "";
  create.flags = flags;
  return create;
}

class Body {
 public:
  template <jute::Record Record>
  Body& add(OpCode op, const Record& record, bool done = false) {
    jute::encode(bytes_, MultiHeader{static_cast<int32_t>(op), done, -1});
    jute::encode(bytes_, record);
    return *this;
  }
  std::string end() {
    jute::encode(bytes_, MultiHeader{-1, true, -1});
    return bytes_;
  }

 private:
  std::string bytes_;
};

ErrorCode error_of(const std::string& body, bool reads = false, size_t ops_max = kMax) {
  return split_multi(body, reads, ops_max).error;
}

OpCode retyped(OpCode op, int32_t flags) {
  auto multi = split_multi(Body().add(op, create_of(flags)).end(), false, kMax);
  return multi.error == ErrorCode::kOk ? multi.subs.at(0).op : OpCode::kError;
}

}  // namespace

TEST_CASE("a_multi_is_split_into_operations_with_their_own_bytes") {
  DeleteRequest remove{"/d", 3};
  CheckRequest check{"/k", 4};
  std::string body = Body().add(OpCode::kDelete, remove).add(OpCode::kCheck, check).end();
  auto multi = split_multi(body, false, kMax);
  REQUIRE(multi.error == ErrorCode::kOk);
  REQUIRE(multi.subs.size() == 2);
  CHECK(multi.kind == MultiKind::kWrites);
  CHECK(multi.subs[0].body == jute::encoded(remove));
  CHECK(multi.subs[1].body == jute::encoded(check));
  CHECK(multi.subs[1].op == OpCode::kCheck);
}

TEST_CASE("an_empty_multi_is_legal_and_bytes_after_the_end_are_ignored") {
  CHECK(split_multi(Body().end(), false, kMax).kind == MultiKind::kEmpty);
  CHECK(error_of(Body().end()) == ErrorCode::kOk);
  CHECK(error_of(Body().end() + "trailing") == ErrorCode::kOk);
}

// Compat: the reference decodes creates through its client classes, which retype them by flags.
TEST_CASE("creates_of_a_multi_are_retyped_by_their_flags") {
  CHECK(retyped(OpCode::kCreate, 0) == OpCode::kCreate);
  CHECK(retyped(OpCode::kCreate2, 3) == OpCode::kCreate2);
  CHECK(retyped(OpCode::kCreate, 4) == OpCode::kCreateContainer);
  CHECK(retyped(OpCode::kCreateContainer, 4) == OpCode::kCreateContainer);
  CHECK(retyped(OpCode::kCreate, 5) == OpCode::kError);
  CHECK(retyped(OpCode::kCreate, 7) == OpCode::kError);
  CHECK(retyped(OpCode::kCreate, -1) == OpCode::kError);
  CreateTtlRequest ttl;
  ttl.path = "/t";
  for (int32_t flags : {5, 6}) {
    ttl.flags = flags;
    auto multi = split_multi(Body().add(OpCode::kCreateTtl, ttl).end(), false, kMax);
    CHECK(multi.subs.at(0).op == OpCode::kCreateTtl);
  }
  ttl.flags = 0;
  auto multi = split_multi(Body().add(OpCode::kCreateTtl, ttl).end(), false, kMax);
  CHECK(multi.subs.at(0).op == OpCode::kCreate);
}

TEST_CASE("a_create_without_a_list_or_an_operation_without_a_path_does_not_decode") {
  CreateRequest create = create_of(0);
  create.acl.null = true;
  CHECK(error_of(Body().add(OpCode::kCreate, create).end()) == ErrorCode::kMarshallingError);
  CHECK(error_of(Body().add(OpCode::kSetData, SetDataRequest{std::nullopt, "x", 1}).end()) ==
        ErrorCode::kMarshallingError);
  CHECK(error_of(Body().add(OpCode::kCheck, CheckRequest{std::nullopt, 1}).end()) ==
        ErrorCode::kMarshallingError);
}

TEST_CASE("only_writes_in_a_multi_only_reads_in_a_multi_read_and_never_both") {
  ReadRequest read{"/a", false};
  DeleteRequest remove{"/a", -1};
  std::string reads = Body().add(OpCode::kGetData, read).add(OpCode::kGetChildren, read).end();
  std::string writes = Body().add(OpCode::kDelete, remove).end();
  CHECK(error_of(reads, true) == ErrorCode::kOk);
  CHECK(error_of(writes, false) == ErrorCode::kOk);
  auto wrong = split_multi(writes, true, kMax);
  CHECK(wrong.error == ErrorCode::kMarshallingError);
  CHECK(wrong.wrong_kind);
  CHECK(error_of(reads, false) == ErrorCode::kMarshallingError);
  auto mixed = split_multi(Body().add(OpCode::kGetData, read).add(OpCode::kDelete, remove).end(),
                           true, kMax);
  CHECK(mixed.error == ErrorCode::kMarshallingError);
  CHECK_FALSE(mixed.wrong_kind);
  for (OpCode op : {OpCode::kExists, OpCode::kSetAcl, OpCode::kMulti, OpCode::kSync}) {
    CHECK(error_of(Body().add(op, remove).end()) == ErrorCode::kMarshallingError);
  }
}

TEST_CASE("no_truncation_is_a_multi") {
  std::string body =
      Body().add(OpCode::kCreate, create_of(0)).add(OpCode::kDelete, DeleteRequest{"/d", 1}).end();
  for (size_t size = 0; size < body.size(); ++size) {
    CHECK(error_of(body.substr(0, size)) == ErrorCode::kMarshallingError);
  }
}

TEST_CASE("the_number_of_operations_is_bounded") {
  Body body;
  for (int i = 0; i < 3; ++i) body.add(OpCode::kDelete, DeleteRequest{"/d", i});
  std::string bytes = body.end();
  CHECK(error_of(bytes, false, 3) == ErrorCode::kOk);
  CHECK(error_of(bytes, false, 2) == ErrorCode::kMarshallingError);
}

TEST_CASE("a_request_makes_an_ephemeral_node_by_create_or_create2_alone_or_in_a_multi") {
  auto alone = [](OpCode op, int32_t flags) {
    return creates_ephemeral(op, jute::encoded(create_of(flags)), kMax);
  };
  auto in_multi = [](OpCode op, int32_t flags) {
    std::string body =
        Body().add(OpCode::kDelete, DeleteRequest{"/d", 3}).add(op, create_of(flags)).end();
    return creates_ephemeral(OpCode::kMulti, body, kMax);
  };
  for (OpCode op : {OpCode::kCreate, OpCode::kCreate2}) {
    for (int32_t flags = -1; flags <= 7; ++flags) {
      bool ephemeral = flags == 1 || flags == 3;
      CHECK(alone(op, flags) == ephemeral);
      CHECK(in_multi(op, flags) == ephemeral);
    }
  }
  CHECK_FALSE(alone(OpCode::kCreateContainer, 1));
  CHECK_FALSE(alone(OpCode::kCreateTtl, 1));
  CHECK_FALSE(creates_ephemeral(OpCode::kMulti, "", kMax));
  CHECK_FALSE(creates_ephemeral(OpCode::kCreate, "x", kMax));
}
