#include "server/session/expiry_queue.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"

using namespace okapi;

namespace {

MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }
using Sessions = std::vector<SessionId>;

}  // namespace

// Client-protocol spec 7.1: (floor((now + timeout) / tick) + 1) * tick.
TEST_CASE("a_session_falls_at_the_tick_after_its_timeout") {
  struct Row {
    int64_t now, timeout, tick, deadline;
  };
  for (Row row : {Row{0, 1500, 500, 2000}, Row{499, 1500, 500, 2000}, Row{500, 1500, 500, 2500},
                  Row{1, 3000, 2000, 4000}, Row{1000, 3000, 2000, 6000}, Row{7, 1, 10, 10}}) {
    ExpiryQueue queue{Millis(row.tick)};
    queue.touch(SessionId(1), at(row.now), Millis(row.timeout));
    CHECK(queue.next() == at(row.deadline));
    CHECK(row.deadline > row.now + row.timeout);
    CHECK(row.deadline <= row.now + row.timeout + row.tick);
  }
}

TEST_CASE("a_whole_bucket_falls_at_once_in_order_of_ids") {
  ExpiryQueue queue{Millis(100)};
  for (int64_t id : {3, 1, 2}) queue.touch(SessionId(id), at(id), Millis(150));
  queue.touch(SessionId(9), at(100), Millis(150));
  CHECK_FALSE(queue.due(at(199)));
  CHECK(queue.take_expired(at(199)).empty());
  CHECK(queue.due(at(200)));
  CHECK(queue.take_expired(at(200)) == Sessions{SessionId(1), SessionId(2), SessionId(3)});
  CHECK(queue.size() == 1);
  CHECK(queue.take_expired(at(200)).empty());
}

TEST_CASE("a_touch_moves_a_session_on_and_an_old_one_never_back") {
  ExpiryQueue queue{Millis(100)};
  queue.touch(SessionId(1), at(0), Millis(100));
  queue.touch(SessionId(1), at(500), Millis(100));
  CHECK(queue.next() == at(700));
  queue.touch(SessionId(1), at(100), Millis(100));
  CHECK(queue.next() == at(700));
  CHECK(queue.size() == 1);
  CHECK(queue.buckets().size() == 1);
}

TEST_CASE("a_removed_session_does_not_expire_and_leaves_no_bucket") {
  ExpiryQueue queue{Millis(100)};
  queue.touch(SessionId(1), at(0), Millis(100));
  queue.remove(SessionId(1));
  queue.remove(SessionId(2));
  CHECK_FALSE(queue.next().has_value());
  CHECK(queue.take_expired(at(10'000)).empty());
  CHECK(queue.size() == 0);
}

TEST_CASE("whatever_is_touched_and_removed_the_queue_agrees_with_a_plain_map") {
  Rng rng(5);
  ExpiryQueue queue{Millis(50)};
  std::map<int64_t, int64_t> model;  // id to deadline
  int64_t now = 0;
  for (int step = 0; step < 5000; ++step) {
    auto id = static_cast<int64_t>(rng.below(20));
    now += static_cast<int64_t>(rng.below(20));
    switch (rng.below(3)) {
      case 0: {
        auto timeout = static_cast<int64_t>(rng.below(300));
        queue.touch(SessionId(id), at(now), Millis(timeout));
        int64_t deadline = ((now + timeout) / 50 + 1) * 50;
        model[id] = std::max(model[id], deadline);
        break;
      }
      case 1:
        queue.remove(SessionId(id));
        model.erase(id);
        break;
      default: {
        Sessions expected;
        for (const auto& [session, deadline] : model) {
          if (deadline <= now) expected.push_back(SessionId(session));
        }
        Sessions expired = queue.take_expired(at(now));
        std::sort(expired.begin(), expired.end());
        REQUIRE(expired == expected);
        for (SessionId session : expected) model.erase(session.value());
      }
    }
    REQUIRE(queue.size() == model.size());
  }
}
