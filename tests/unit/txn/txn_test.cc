#include "server/txn/txn.h"

#include <catch2/catch.hpp>

#include "server/txn/encoded_txn.h"

using namespace okapi;

namespace {

std::string unhex(std::string_view text) {
  std::string out;
  std::string digits;
  for (char c : text) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

// Storage spec section 3.2: records of a real file, written by a fresh 3.8.0 server.
const std::string kCreateSession = unhex(
    "0100000e4d140000 00000000 0000000000000001 000001a1faf0203e fffffff6 00002710"
    "00000002 0000000051c6d660");
const std::string kCreateA = unhex(
    "0100000e4d140000 00000000 0000000000000002 000001a1faf02047 00000001"
    "00000002 2f61 00000002 6869 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65"
    "00 00000001 00000002 00000000607a0afd");

TxnHeader header_of(OpCode op) { return {SessionId(5), 6, Zxid(7), 8, static_cast<int32_t>(op)}; }

std::string encoded_as(OpCode op, ByteView body, std::optional<TxnDigest> digest = std::nullopt) {
  return std::string(encode_txn(header_of(op), body, digest).bytes.view());
}

}  // namespace

TEST_CASE("records_of_a_real_log_decode_to_what_was_done") {
  auto session = decode_txn(kCreateSession);
  REQUIRE(session.ok());
  CHECK(session->header.zxid == Zxid(1));
  CHECK(session->header.type == -10);
  CHECK(std::get<CreateSessionTxn>(session->body).timeout_ms == 10'000);
  CHECK(session->digest == TxnDigest{2, 0x51c6d660});

  auto create = decode_txn(kCreateA);
  REQUIRE(create.ok());
  CHECK(create->header.client_id == SessionId(0x0100000e4d140000));
  CHECK(create->header.time_ms == 0x1a1faf02047);
  const auto& body = std::get<CreateTxn>(create->body);
  CHECK(body.path == "/a");
  CHECK(body.data == NullableView("hi"));
  REQUIRE(body.acl.items.size() == 1);
  CHECK(body.acl.items[0].perms == Perms::kAll);
  CHECK(body.acl.items[0].scheme == NullableView("world"));
  CHECK(body.acl.items[0].id == NullableView("anyone"));
  CHECK_FALSE(body.ephemeral);
  CHECK(body.parent_cversion == 1);
  CHECK(create->digest == TxnDigest{2, 0x607a0afd});
}

TEST_CASE("encoding_gives_the_bytes_of_the_real_log_again") {
  for (const std::string& bytes : {kCreateSession, kCreateA}) {
    auto txn = decode_txn(bytes);
    REQUIRE(txn.ok());
    EncodedTxn again = std::visit(
        [&](const auto& body) { return encode_txn(txn->header, body, txn->digest); }, txn->body);
    CHECK(again.zxid == txn->header.zxid);
    CHECK(again.bytes.view() == bytes);
  }
}

TEST_CASE("a_create_of_an_old_writer_has_no_parent_cversion_and_means_current_plus_one") {
  std::string body = jute::encoded(CreateTxn{"/old", "x", {}, true, 0});
  body.resize(body.size() - 4);
  std::string bytes = encoded_as(OpCode::kCreate, body);
  auto txn = decode_txn(bytes);
  REQUIRE(txn.ok());
  const auto& create = std::get<CreateTxn>(txn->body);
  CHECK(create.path == "/old");
  CHECK(create.ephemeral);
  CHECK(create.parent_cversion == -1);
  CHECK_FALSE(txn->digest.has_value());
}

TEST_CASE("a_close_session_without_a_body_means_what_the_tree_says") {
  auto bare = decode_txn(encoded_as(OpCode::kCloseSession, ""));
  REQUIRE(bare.ok());
  CHECK(std::get<CloseSessionTxn>(bare->body).paths.null);
  CHECK_FALSE(bare->digest.has_value());
  auto with_digest = decode_txn(encoded_as(OpCode::kCloseSession, "", TxnDigest{2, 77}));
  REQUIRE(with_digest.ok());
  CHECK(std::get<CloseSessionTxn>(with_digest->body).paths.null);
  CHECK(with_digest->digest == TxnDigest{2, 77});
}

TEST_CASE("a_close_session_with_paths_keeps_them_with_and_without_a_digest") {
  // "/abc" alone makes a body as long as a digest.
  for (ByteView path : {"/a", "/ab", "/abc", "/abcd"}) {
    for (bool digest : {false, true}) {
      CloseSessionTxn close;
      close.paths.items = {path};
      std::string bytes = encoded_as(OpCode::kCloseSession, jute::encoded(close),
                                     digest ? std::optional(TxnDigest{2, 77}) : std::nullopt);
      auto txn = decode_txn(bytes);
      REQUIRE(txn.ok());
      INFO(path << " " << digest);
      CHECK(std::get<CloseSessionTxn>(txn->body).paths.items == std::vector<ByteView>{path});
      CHECK(txn->digest.has_value() == digest);
    }
  }
}

TEST_CASE("every_body_decodes_to_what_was_encoded_and_no_truncation_does") {
  jute::Vector<AclView> acl;
  acl.items = {{Perms::kRead, "digest", "u:p"}, {1, std::nullopt, ""}};
  std::string sub = jute::encoded(ErrorTxn{-101});
  MultiTxn multi;
  multi.subs.items = {{-1, sub}, {2, "body"}};
  std::vector<std::pair<OpCode, std::string>> bodies = {
      {OpCode::kCreateContainer, jute::encoded(CreateContainerTxn{"/c", "d", acl, 3})},
      {OpCode::kCreateTtl, jute::encoded(CreateTtlTxn{"/t", std::nullopt, acl, 3, 1000})},
      {OpCode::kDelete, jute::encoded(DeleteTxn{"/d"})},
      {OpCode::kDeleteContainer, jute::encoded(DeleteTxn{"/d"})},
      {OpCode::kSetData, jute::encoded(SetDataTxn{"/s", "data", 4})},
      {OpCode::kReconfig, jute::encoded(SetDataTxn{"/s", "data", 4})},
      {OpCode::kSetAcl, jute::encoded(SetAclTxn{"/a", acl, 4})},
      {OpCode::kCheck, jute::encoded(CheckTxn{"/k", 5})},
      {OpCode::kCreateSession, jute::encoded(CreateSessionTxn{6})},
      {OpCode::kError, jute::encoded(ErrorTxn{-110})},
      {OpCode::kMulti, jute::encoded(multi)},
  };
  for (const auto& [op, body] : bodies) {
    INFO(name_of(op));
    std::string bytes = encoded_as(op, body, TxnDigest{2, 1});
    auto txn = decode_txn(bytes);
    REQUIRE(txn.ok());
    CHECK(txn->header == header_of(op));
    CHECK(txn->digest.has_value());
    std::string again = std::visit([](const auto& kind) { return jute::encoded(kind); }, txn->body);
    CHECK(again == body);
    for (size_t size = 0; size < kTxnHeaderBytes + body.size(); ++size) {
      CHECK_FALSE(decode_txn(ByteView(encoded_as(op, body)).substr(0, size)).ok());
    }
  }
}

TEST_CASE("an_unknown_type_is_refused_with_its_number") {
  for (int32_t type : {0, 3, 11, 100, 999}) {
    TxnHeader header = header_of(OpCode::kDelete);
    header.type = type;
    std::string body = jute::encoded(DeleteTxn{"/d"});
    auto txn = decode_txn(encode_txn(header, ByteView(body), std::nullopt).bytes.view());
    REQUIRE_FALSE(txn.ok());
    CHECK(txn.error().text.find(std::to_string(type)) != std::string::npos);
  }
}

TEST_CASE("encode_lays_out_header_body_and_digest_in_one_block") {
  EncodedTxn txn = encode_txn(header_of(OpCode::kDelete), ByteView("body"), TxnDigest{2, -1});
  CHECK(txn.zxid == Zxid(7));
  CHECK(txn.bytes.view() == unhex("0000000000000005 00000006 0000000000000007 0000000000000008"
                                  "00000002 626f6479 00000002 ffffffffffffffff"));
}
