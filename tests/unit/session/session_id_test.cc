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
