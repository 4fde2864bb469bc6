#include "server/session/session_book.h"

#include <catch2/catch.hpp>

using namespace okapi;

namespace {

const SessionId kSession{7};
const auto kOld = ConnectionId::make(0, 1, 1);
const auto kNew = ConnectionId::make(1, 1, 1);

}  // namespace

TEST_CASE("the first connection adopts a session, another one is told that it moved") {
  SessionBook book;
  CHECK(book.check(kSession, kOld) == ErrorCode::kUnknownSession);
  book.add(kSession);
  CHECK(book.check(kSession, kOld) == ErrorCode::kOk);
  CHECK(book.check(kSession, kNew) == ErrorCode::kSessionMoved);
  book.mark_closing(kSession);
  CHECK(book.check(kSession, kOld) == ErrorCode::kSessionExpired);
}

TEST_CASE("a new owner counts at once, and the old one no more") {
  SessionBook book;
  book.set_owner(kSession, kOld);
  CHECK(book.check(kSession, kOld) == ErrorCode::kUnknownSession);
  book.add(kSession);
  book.set_owner(kSession, kOld);
  CHECK(book.check(kSession, kNew) == ErrorCode::kSessionMoved);
  book.set_owner(kSession, kNew);
  CHECK(book.check(kSession, kOld) == ErrorCode::kSessionMoved);
  CHECK(book.check(kSession, kNew) == ErrorCode::kOk);
}
