#include "server/zab/learner_progress.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;
using Phase = LearnerProgress::Phase;

namespace {

constexpr MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }
constexpr LearnerLimits kLimits{Millis(100), Millis(50), 3};

LearnerProgress acked_at(int64_t ms) {
  LearnerProgress learner(kLimits, at(0));
  learner.enter(Phase::kNewLeader, at(0));
  learner.enter(Phase::kAcked, at(ms));
  learner.heard(at(ms));
  return learner;
}

}  // namespace

TEST_CASE("a_learner_counts_as_synced_for_init_and_sync_limit_then_for_sync_limit_after_a_packet") {
  LearnerProgress learner(kLimits, at(0));
  CHECK(learner.synced(at(150)));
  CHECK_FALSE(learner.synced(at(151)));
  learner.heard(at(120));  // of the handshake: nothing gained
  CHECK_FALSE(learner.synced(at(151)));
  learner.enter(Phase::kAcked, at(140));
  learner.heard(at(140));
  CHECK(learner.synced(at(190)));
  CHECK_FALSE(learner.synced(at(191)));
}

TEST_CASE("the_oldest_unacked_proposal_ends_a_link_after_sync_limit") {
  LearnerProgress learner = acked_at(0);
  learner.enter(Phase::kServing, at(0));
  learner.proposed(zx(1, 1), at(10));
  learner.proposed(zx(1, 2), at(20));
  learner.proposed(zx(1, 3), at(30));
  learner.heard(at(59));
  CHECK_FALSE(learner.overdue(at(59)).has_value());
  CHECK(learner.overdue(at(60)).has_value());
  learner.acked(zx(1, 1));  // the newest is the next sample
  learner.heard(at(79));
  CHECK_FALSE(learner.overdue(at(79)).has_value());
  CHECK(learner.overdue(at(80)).has_value());
  learner.acked(zx(1, 2));
  CHECK(learner.overdue(at(80)).has_value());
  learner.acked(zx(1, 3));
  learner.heard(at(100));
  CHECK_FALSE(learner.overdue(at(120)).has_value());
  // An ack of all ends both samples.
  learner.proposed(zx(1, 4), at(120));
  learner.proposed(zx(1, 5), at(121));
  learner.acked(zx(1, 5));
  learner.heard(at(180));
  CHECK_FALSE(learner.overdue(at(200)).has_value());
}

TEST_CASE("proposals_before_the_ack_of_new_leader_are_not_timed") {
  LearnerProgress learner(kLimits, at(0));
  learner.enter(Phase::kNewLeader, at(0));
  learner.proposed(zx(1, 1), at(0));
  CHECK_FALSE(learner.overdue(at(99)).has_value());
}

TEST_CASE("silence_ends_a_link_after_the_limit_of_its_phase") {
  LearnerProgress learner(kLimits, at(0));
  CHECK_FALSE(learner.overdue(at(100)).has_value());
  CHECK(learner.overdue(at(101)).has_value());
  learner.enter(Phase::kStreaming, at(50));  // x_quo_11: as long as the handler makes progress
  CHECK_FALSE(learner.overdue(at(10'000)).has_value());
  learner.enter(Phase::kNewLeader, at(1000));
  CHECK_FALSE(learner.overdue(at(1100)).has_value());
  CHECK(learner.overdue(at(1101)).has_value());
  learner.enter(Phase::kAcked, at(1100));
  CHECK_FALSE(learner.overdue(at(1250)).has_value());
  CHECK(learner.overdue(at(1251)).has_value());
  learner.enter(Phase::kServing, at(1200));
  CHECK_FALSE(learner.overdue(at(1250)).has_value());
  CHECK(learner.overdue(at(1251)).has_value());
}

TEST_CASE("zk_4394_commits_are_held_in_order_and_not_without_end") {
  LearnerProgress learner = acked_at(0);
  for (const char* text : {"a", "b", "c"}) CHECK(learner.hold(SharedBytes::copy_of(text)));
  CHECK_FALSE(learner.hold(SharedBytes::copy_of("d")));
  std::string held;
  for (const SharedBytes& commit : learner.take_held()) held += commit.view();
  CHECK(held == "abc");
  CHECK(learner.take_held().empty());
}
