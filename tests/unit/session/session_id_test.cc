#include "server/session/session_id.h"

#include <catch2/catch.hpp>

using namespace okapi;

TEST_CASE("passwords are those of the reference unless there is a secret") {
  SessionId session(0x0100000e1be30000);
  const unsigned char theirs[] = {0x7f, 0x7d, 0x8b, 0x4b, 0xa0, 0xba, 0xcd, 0x1c,
                                  0xf5, 0x01, 0xc5, 0x8c, 0xe9, 0x3b, 0x22, 0xc9};
  SessionPassword open = password_of(session, Secret());
  CHECK(std::equal(open.begin(), open.end(), reinterpret_cast<const char*>(theirs)));

  Secret secret("a"), other("b");
  SessionPassword ours = password_of(session, secret);
  CHECK(ours != open);
  CHECK(ours != password_of(session, other));
  CHECK(ours != password_of(SessionId(session.value() + 1), secret));
  CHECK(is_password_of(session, secret, ByteView(ours.data(), ours.size())));
  CHECK(!is_password_of(session, secret, ByteView(open.data(), open.size())));
  CHECK(!is_password_of(session, secret, NullableView()));
  CHECK(!is_password_of(SessionId(), Secret(), ByteView(open.data(), open.size())));
}

TEST_CASE("the first id is server, clock, zeros") {
  CHECK(first_session_id(ServerId(1), 0x0e1be3).value() == 0x010000'0e1be3'0000);
  CHECK(first_session_id(ServerId(0x80), 0).value() == INT64_MIN + 1);
}

TEST_CASE("a second vector of a real server") {
  const unsigned char theirs[] = {0xf3, 0xad, 0x96, 0x5e, 0x04, 0x94, 0x09, 0x89,
                                  0x89, 0x69, 0xc0, 0x87, 0xed, 0x4d, 0xac, 0x59};
  SessionPassword password = password_of(SessionId(0x0100000f5dbf0000), Secret());
  CHECK(std::equal(password.begin(), password.end(), reinterpret_cast<const char*>(theirs)));
}

TEST_CASE("a password must be whole and right in every byte") {
  SessionId session(0x0100000e1be30000);
  SessionPassword password = password_of(session, Secret());
  std::string text(password.begin(), password.end());
  CHECK(is_password_of(session, Secret(), text));
  CHECK_FALSE(is_password_of(SessionId(session.value() + 1), Secret(), text));
  CHECK_FALSE(is_password_of(session, Secret(), ""));
  CHECK_FALSE(is_password_of(session, Secret(), text.substr(0, 15)));
  CHECK_FALSE(is_password_of(session, Secret(), text + "x"));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    CHECK_FALSE(is_password_of(session, Secret(), wrong));
  }
  SessionPassword zero = password_of(SessionId(0), Secret());
  CHECK_FALSE(is_password_of(SessionId(0), Secret(), ByteView(zero.data(), zero.size())));
}

TEST_CASE("the first id takes forty bits of the clock, whatever is above them") {
  CHECK(first_session_id(ServerId(1), 0x1234567890) == SessionId(0x0112345678900000));
  CHECK(first_session_id(ServerId(3), 0xff00'0000'0001) == SessionId(0x0300000000010000));
  CHECK(static_cast<uint64_t>(first_session_id(ServerId(255), 1).value()) >> 56 == 255);
}
