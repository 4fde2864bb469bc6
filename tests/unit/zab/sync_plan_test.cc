#include "server/zab/sync_plan.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;
using Kind = SyncPlan::Kind;
using Op = SyncOp::Kind;

namespace {

CommittedLog log_of(std::initializer_list<std::pair<Zxid, Zxid>> ranges) {
  CommittedLog log(500);
  for (auto [first, last] : ranges) {
    for (Zxid z = first; z <= last; z = z.next()) log.add(txn_at(z));
  }
  return log;
}

struct Answer {
  Kind kind;
  std::optional<SyncOp> op = std::nullopt;
  std::vector<Zxid> committed = {};
};

std::vector<Zxid> range(Zxid first, Zxid last) {
  std::vector<Zxid> out;
  for (Zxid z = first; z <= last; z = z.next()) out.push_back(z);
  return out;
}

void check(const SyncPlan& plan, const Answer& answer) {
  CHECK(plan.kind == answer.kind);
  CHECK(plan.op == answer.op);
  std::vector<Zxid> committed;
  for (const EncodedTxn& txn : plan.committed) committed.push_back(txn.zxid);
  CHECK(committed == answer.committed);
  if (!committed.empty()) CHECK(plan.reached == committed.back());
}

const Zxid k1 = zx(1, 1), k18 = zx(1, 0x12);

}  // namespace

TEST_CASE("the_sync_decisions_of_live_servers_are_ours") {
  CommittedLog log = log_of({{k1, k18}});
  auto plan = [&](int64_t peer) {
    return plan_sync({log, k18, Zxid(peer), false, std::optional<Zxid>(k1)});
  };
  for (int64_t peer : {0L, 5L, 0xffffffffL, 0x100000000L}) {
    INFO(peer);
    check(plan(peer), {Kind::kSnap});  // the first log record is above it
  }
  for (int64_t peer : {0x100000001L, 0x100000005L, 0x100000011L}) {
    INFO(peer);
    check(plan(peer), {Kind::kMemory, SyncOp{Op::kDiff, k18}, range(Zxid(peer + 1), k18)});
  }
  check(plan(0x100000012), {Kind::kMemory, SyncOp{Op::kDiff, k18}});
  for (int64_t peer : {0x1000000ffL, 0x200000003L}) {
    INFO(peer);
    check(plan(peer), {Kind::kMemory, SyncOp{Op::kTrunc, k18}});
    CHECK(plan(peer).reached == k18);
  }
  check(plan(0x200000000), {Kind::kSnap});
}

TEST_CASE("a_learner_behind_memory_is_served_from_the_log_if_that_reaches_back") {
  CommittedLog log = log_of({{zx(1, 0xcb), zx(1, 0x2be)}});
  auto plan = [&](uint32_t counter, std::optional<Zxid> log_from, bool snap = false) {
    return plan_sync({log, zx(1, 0x2be), zx(1, counter), snap, log_from});
  };
  for (uint32_t counter : {1U, 5U, 0xcaU}) {
    check(plan(counter, k1), {Kind::kLog});
    CHECK(plan(counter, k1).log_to == zx(1, 0xcb));
  }
  check(plan(0, k1), {Kind::kSnap});            // the first record is newer
  check(plan(5, zx(1, 6)), {Kind::kSnap});      // zk_2846: a hole in the log behind it
  check(plan(5, std::nullopt), {Kind::kSnap});  // snapshotSizeFactor < 0
  check(plan(5, k1, true), {Kind::kSnap});      // forceSnapshotSync
  check(plan(0x2be, k1, true), {Kind::kSnap});
}

TEST_CASE("zk_4352_an_empty_committed_log_makes_no_diff_from_the_beginning") {
  CommittedLog log(500);
  check(plan_sync({log, zx(3, 0), Zxid(0), false, std::nullopt}), {Kind::kSnap});
  check(plan_sync({log, zx(3, 0), zx(2, 7), false, std::nullopt}), {Kind::kSnap});
  check(plan_sync({log, zx(3, 0), zx(3, 0), false, std::nullopt}),
        {Kind::kMemory, SyncOp{Op::kDiff, zx(3, 0)}});
  check(plan_sync({log, zx(3, 0), zx(2, 7), false, zx(2, 7)}), {Kind::kLog});
}

TEST_CASE("zk_4837_an_empty_committed_log_names_no_place_to_cut_at") {
  CommittedLog log(500);
  check(plan_sync({log, zx(3, 0), zx(3, 2), false, std::nullopt}), {Kind::kSnap});
}

TEST_CASE("a_tail_that_the_leader_never_had_is_cut_inside_its_epoch_and_replaced_by_snap_across") {
  CommittedLog log = log_of({{zx(1, 1), zx(1, 4)}, {zx(2, 1), zx(2, 3)}, {zx(3, 1), zx(3, 2)}});
  auto plan = [&](Zxid peer) { return plan_sync({log, zx(3, 2), peer, false, std::nullopt}); };
  // Between 1:4 and 2:1: epochs differ, so what the tail stands on is not known.
  check(plan(zx(1, 5)), {Kind::kSnap});
  check(plan(zx(2, 4)), {Kind::kSnap});
  // An epoch's marker stands on all of the epochs before.
  check(plan(zx(2, 0)), {Kind::kMemory,
                         SyncOp{Op::kDiff, zx(3, 2)},
                         {zx(2, 1), zx(2, 2), zx(2, 3), zx(3, 1), zx(3, 2)}});
  check(plan(zx(3, 0)), {Kind::kMemory, SyncOp{Op::kDiff, zx(3, 2)}, {zx(3, 1), zx(3, 2)}});
  // The learner is at the end of an epoch that the leader shares.
  check(plan(zx(2, 3)), {Kind::kMemory, SyncOp{Op::kDiff, zx(3, 2)}, {zx(3, 1), zx(3, 2)}});
}

// A hole inside an epoch cannot be in CommittedLog; a log on disk may be cut anywhere.
TEST_CASE("the_walk_truncates_to_the_record_before_the_learners_tail_if_the_epoch_is_the_same") {
  CommittedWalk walk(zx(1, 7), zx(1, 20));
  CHECK_FALSE(walk.next(zx(1, 4)).send);
  CommittedWalk::Step step = walk.next(zx(1, 9));
  CHECK(step.op == SyncOp{Op::kTrunc, zx(1, 4)});
  CHECK(step.send);
  CHECK(walk.reached() == zx(1, 9));
  CHECK(walk.next(zx(1, 10)).send);
  // Nothing known before it: no place to cut at.
  CHECK(CommittedWalk(zx(1, 7), zx(1, 20)).next(zx(1, 9)).stop);
}

TEST_CASE("the_walk_opens_a_diff_for_an_epoch_marker_behind_all_records") {
  CommittedWalk walk(zx(2, 0), zx(1, 20));
  CHECK_FALSE(walk.next(zx(1, 20)).send);
  CHECK(walk.finish() == SyncOp{Op::kDiff, zx(1, 20)});
  CHECK_FALSE(walk.finish().has_value());
  CHECK_FALSE(CommittedWalk(zx(2, 1), zx(1, 20)).finish().has_value());
}

TEST_CASE("zk_2418_after_snap_or_log_the_parts_must_touch") {
  CommittedLog log = log_of({{zx(1, 8), zx(1, 10)}, {zx(2, 1), zx(2, 2)}});
  auto plan = [&](Zxid reached, std::optional<Zxid> log_from) {
    return continue_sync({log, zx(2, 2), reached, false, log_from});
  };
  check(plan(zx(1, 9), std::nullopt),
        {Kind::kMemory, std::nullopt, {zx(1, 10), zx(2, 1), zx(2, 2)}});
  check(plan(zx(1, 7), std::nullopt),
        {Kind::kMemory, std::nullopt, {zx(1, 8), zx(1, 9), zx(1, 10), zx(2, 1), zx(2, 2)}});
  check(plan(zx(2, 2), std::nullopt), {Kind::kMemory});
  check(plan(zx(1, 6), std::nullopt), {Kind::kSnap});
  check(plan(zx(1, 6), zx(1, 7)), {Kind::kSnap});
  // Memory has moved on while the tree was sent: once more through the log.
  SyncPlan again = plan(zx(1, 5), zx(1, 2));
  check(again, {Kind::kLog});
  CHECK(again.log_to == zx(1, 8));
  CommittedWalk walk = again.walk;
  CHECK_FALSE(walk.next(zx(1, 5)).send);
  CHECK_FALSE(walk.next(zx(1, 6)).op.has_value());
  CHECK(walk.reached() == zx(1, 6));
}

TEST_CASE("a_learner_at_the_leaders_point_needs_nothing_even_if_memory_is_empty") {
  CommittedLog log(500);
  check(continue_sync({log, zx(2, 0), zx(2, 0), false, std::nullopt}), {Kind::kMemory});
  check(continue_sync({log, zx(2, 5), zx(2, 4), false, std::nullopt}), {Kind::kSnap});
}

TEST_CASE("zk_4925_inv_c7_the_committed_log_keeps_no_hole_and_nothing_twice") {
  CommittedLog log(3);
  for (uint32_t counter = 1; counter <= 5; ++counter) log.add(txn_at(zx(1, counter)));
  CHECK(log.min() == zx(1, 3));
  CHECK(log.max() == zx(1, 5));
  log.add(txn_at(zx(1, 4)));
  CHECK(log.entries().size() == 3);
  log.add(txn_at(zx(2, 1)));
  CHECK(log.min() == zx(1, 4));
  CHECK(log.index_above(zx(1, 3)) == 0);
  CHECK(log.index_above(zx(1, 4)) == 1);
  CHECK(log.index_above(zx(1, 9)) == 2);
  CHECK(log.index_above(zx(2, 1)) == 3);
}
