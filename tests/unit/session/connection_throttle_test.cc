#include "server/session/connection_throttle.h"

#include <catch2/catch.hpp>

using namespace okapi;

namespace {

MonoTime at(int64_t ms) { return MonoTime(Millis(1'000'000'000 + ms)); }

}  // namespace

TEST_CASE("without tokens configured everybody is let in") {
  ConnectionThrottle throttle({}, 1);
  for (int i = 0; i < 1000; ++i) CHECK(throttle.admit(HandshakeKind::kGlobal, at(0)));
}

TEST_CASE("a bucket is emptied, fills with time and never overflows") {
  ConnectionThrottleConfig config;
  config.tokens = 2;
  config.fill_time_ms = 100;
  ConnectionThrottle throttle(config, 1);
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(0)));
  CHECK(throttle.admit(HandshakeKind::kReattach, at(0)));
  CHECK(!throttle.admit(HandshakeKind::kGlobal, at(0)));
  CHECK(!throttle.admit(HandshakeKind::kGlobal, at(100)));  // not more than the fill time
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(101)));
  CHECK(!throttle.admit(HandshakeKind::kGlobal, at(102)));
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(1'000'000)));
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(1'000'000)));
  CHECK(!throttle.admit(HandshakeKind::kGlobal, at(1'000'000)));
  CHECK(throttle.deficit().max() == 2);
}

TEST_CASE("with weights a reattach costs less than a new session") {
  ConnectionThrottleConfig config;
  config.tokens = 2;  // six with the weight of a new session
  config.fill_time_ms = 1'000'000;
  config.weight_enabled = true;
  ConnectionThrottle throttle(config, 1);
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(0)));
  CHECK(throttle.admit(HandshakeKind::kReattach, at(0)));
  CHECK(!throttle.admit(HandshakeKind::kReattach, at(0)));
}

TEST_CASE("an empty bucket raises the chance of a refusal, a full one lowers it") {
  ConnectionThrottleConfig config;
  config.tokens = 1;
  config.fill_time_ms = 1'000'000;
  config.freeze_time_ms = 10;
  config.drop_increase = 0.5;
  config.drop_decrease = 0.5;
  ConnectionThrottle throttle(config, 1);
  CHECK(throttle.admit(HandshakeKind::kGlobal, at(0)));
  CHECK(throttle.drop_millionths() == 0);
  throttle.admit(HandshakeKind::kGlobal, at(20));
  CHECK(throttle.drop_millionths() == 500'000);
  throttle.admit(HandshakeKind::kGlobal, at(40));
  CHECK(throttle.drop_millionths() == 1'000'000);
  CHECK(!throttle.admit(HandshakeKind::kGlobal, at(2'000'000)));
  CHECK(throttle.drop_millionths() < 1'000'000);
}
