// A SessionTracker of two workers whose neighbours are played by the test.
#pragma once

#include <catch2/catch.hpp>

#include "server/session/session_tracker.h"
#include "tests/support/fake_env.h"

namespace okapi {

inline constexpr int32_t kTimeout = 1000;

struct TrackerWorld {
  TrackerWorld() : TrackerWorld(SessionTracker::Options{Millis(100), ServerId(1), 2}) {}
  explicit TrackerWorld(const SessionTracker::Options& options) : tracker(options, env.log()) {
    tracker.mail.attach(bell);
    tracker.to_commit = commit.sink();
    tracker.to_prep = prep.sink();
    tracker.to_learners = learners.sink();
    tracker.to_leader = leader.sink();
    tracker.touched = touched.sink();
    tracker.to_admin = admin.sink();
    for (size_t i = 0; i < 2; ++i) tracker.to_workers[i] = workers[i].sink();
    env.world.clock.time = MonoTime(std::chrono::hours(1));
  }
  void send(SessionMail item) {
    tracker.mail.post(std::move(item));
    run();
  }
  Turn run() { return step(tracker, env); }
  void pass(int64_t ms) { env.world.clock.time += Millis(ms); }

  // Opens a session on a connection; both requests are checked.
  SessionId open(ConnectionId connection) {
    send(OpenSession{connection, kTimeout});
    auto pending = commit.take();
    auto requests = prep.take();
    REQUIRE(pending.size() == 1);
    REQUIRE(requests.size() == 1);
    CHECK(pending[0].session == requests[0].session);
    CHECK(requests[0].kind == SessionRequest::Kind::kCreate);
    CHECK(requests[0].owner == connection);
    CHECK(requests[0].timeout_ms == kTimeout);
    return requests[0].session;
  }
  void attach(ConnectionId connection, SessionId session) {
    send(AttachSession{connection, session, password_of(session, {}), kTimeout});
  }
  // What a worker was told: "attached", "refused", "close", "touches".
  std::vector<std::string> told(size_t worker) {
    std::vector<std::string> out;
    for (const SessionOrder& order : workers[worker].take()) {
      if (const auto* result = std::get_if<AttachResult>(&order)) {
        out.push_back(result->session == SessionId() ? "refused" : "attached");
      } else if (std::holds_alternative<CloseConnection>(order)) {
        out.push_back("close");
      } else {
        out.push_back("touches");
      }
    }
    return out;
  }

  FakeEnv env;
  FakeBell bell;
  Outlet<SessionRequest> commit, prep;
  Outlet<SessionVerdict> learners;
  Outlet<Revalidation> leader;
  Outlet<SessionTouch> touched;
  Outlet<SessionsAnswer> admin;
  Outlet<SessionOrder> workers[2];
  SessionTracker tracker;
};

using Told = std::vector<std::string>;
inline const ConnectionId kFirst = ConnectionId::make(0, 1, 1);
inline const ConnectionId kSecond = ConnectionId::make(1, 1, 1);
inline const ConnectionId kThird = ConnectionId::make(1, 2, 1);

}  // namespace okapi
