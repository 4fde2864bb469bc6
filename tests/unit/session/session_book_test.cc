#include "server/session/session_book.h"

#include <catch2/catch.hpp>

using namespace okapi;

namespace {

const SessionId kSession{7};
const auto kOld = ConnectionId::make(0, 1, 1);
const auto kNew = ConnectionId::make(1, 1, 1);
const auto kNewest = ConnectionId::make(2, 1, 1);

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

TEST_CASE("what a replaced owner had mailed counts until the step after the change") {
  SessionBook book;
  book.add(kSession);
  book.set_owner(kSession, kOld);
  book.set_owner(kSession, kNew);
  book.set_owner(kSession, kNewest);
  CHECK(book.check(kSession, kOld) == ErrorCode::kOk);
  CHECK(book.check(kSession, kNew) == ErrorCode::kOk);
  CHECK(book.check(kSession, kNewest) == ErrorCode::kOk);
  book.end_step();
  CHECK(book.check(kSession, kOld) == ErrorCode::kOk);
  book.end_step();
  CHECK(book.check(kSession, kOld) == ErrorCode::kSessionMoved);
  CHECK(book.check(kSession, kNew) == ErrorCode::kSessionMoved);
  CHECK(book.check(kSession, kNewest) == ErrorCode::kOk);
}
