#include "server/zab/sync_plan.h"

#include "common/base/assert.h"

namespace okapi {
namespace {

SyncPlan from_memory(std::optional<SyncOp> op, Zxid reached) {
  SyncPlan plan;
  plan.kind = SyncPlan::Kind::kMemory;
  plan.op = op;
  plan.reached = reached;
  return plan;
}

SyncPlan from_log(Zxid log_to, CommittedWalk walk) {
  SyncPlan plan;
  plan.kind = SyncPlan::Kind::kLog;
  plan.log_to = log_to;
  plan.walk = walk;
  return plan;
}

// An empty log counts as one that begins and ends at the last processed zxid, and holds nothing
// (ZOOKEEPER-4352).
Zxid min_of(const SyncInput& input) {
  return input.committed.empty() ? input.last_processed : input.committed.min();
}
Zxid max_of(const SyncInput& input) {
  return input.committed.empty() ? input.last_processed : input.committed.max();
}

bool log_reaches(const SyncInput& input) {
  return input.log_from.has_value() && *input.log_from <= input.peer;
}

// Row 4: the learner is inside what memory holds.
SyncPlan walk_memory(const SyncInput& input) {
  CommittedWalk walk(input.peer, max_of(input));
  SyncPlan plan = from_memory(std::nullopt, input.peer);
  for (const EncodedTxn& txn : input.committed.entries()) {
    CommittedWalk::Step step = walk.next(txn.zxid);
    if (step.stop) return SyncPlan();
    if (step.op.has_value()) plan.op = step.op;
    if (step.send) plan.committed.push_back(txn);
  }
  if (auto op = walk.finish(); op.has_value()) plan.op = op;
  if (!plan.op.has_value()) return SyncPlan();
  plan.reached = walk.reached();
  return plan;
}

}  // namespace

std::string_view name_of(SyncOp::Kind kind) {
  switch (kind) {
    case SyncOp::Kind::kDiff:
      return "DIFF";
    case SyncOp::Kind::kTrunc:
      return "TRUNC";
    case SyncOp::Kind::kSnap:
      return "SNAP";
  }
  assertion_failed("a kind of synchronisation", __FILE__, __LINE__);
}

CommittedWalk CommittedWalk::opened_at(Zxid reached) {
  CommittedWalk walk(reached, reached);
  walk.opened_ = true;
  return walk;
}

SyncOp CommittedWalk::open(SyncOp::Kind kind, Zxid zxid) {
  opened_ = true;
  return {kind, zxid};
}

CommittedWalk::Step CommittedWalk::next(Zxid proposal) {
  OKAPI_ASSERT(!previous_.has_value() || proposal > *previous_);
  Step step;
  if (proposal < peer_) {
    previous_ = proposal;
    return step;
  }
  if (!opened_) {
    if (proposal == peer_) {
      step.op = open(SyncOp::Kind::kDiff, diff_to_);
      previous_ = proposal;
      return step;
    }
    if (is_epoch_marker(peer_)) {
      step.op = open(SyncOp::Kind::kDiff, diff_to_);
    } else if (proposal.epoch() != peer_.epoch() || !previous_.has_value()) {
      // A tail of another epoch cannot be cut here: what it stands on is not known.
      step.stop = true;
      return step;
    } else {
      step.op = open(SyncOp::Kind::kTrunc, *previous_);
      reached_ = *previous_;
    }
  }
  previous_ = proposal;
  step.send = proposal > reached_;
  if (step.send) reached_ = proposal;
  return step;
}

std::optional<SyncOp> CommittedWalk::finish() {
  if (opened_ || !is_epoch_marker(peer_)) return std::nullopt;
  return open(SyncOp::Kind::kDiff, diff_to_);
}

SyncPlan plan_sync(const SyncInput& input) {
  if (input.force_snap) return SyncPlan();
  if (input.peer == input.last_processed) {
    return from_memory(SyncOp{SyncOp::Kind::kDiff, input.peer}, input.peer);
  }
  Zxid min = min_of(input), max = max_of(input);
  if (input.peer > max && !is_epoch_marker(input.peer)) {
    // The reference names the epoch's marker then, which stands in no log: nobody can cut there.
    if (input.committed.empty()) return SyncPlan();
    return from_memory(SyncOp{SyncOp::Kind::kTrunc, max}, max);
  }
  if (input.peer >= min && input.peer <= max) return walk_memory(input);
  if (input.peer < min && log_reaches(input)) {
    return from_log(min, CommittedWalk(input.peer, max));
  }
  return SyncPlan();
}

SyncPlan continue_sync(const SyncInput& input) {
  const CommittedLog& log = input.committed;
  size_t at = log.index_above(input.peer);
  // The parts must touch (ZOOKEEPER-2418): either the learner's last zxid is in memory, or nothing
  // is missing between it and the first one there.
  bool touches = at > 0 || (!log.empty() && log.min() == input.peer.next()) ||
                 input.peer >= input.last_processed;
  if (touches) {
    SyncPlan plan = from_memory(std::nullopt, input.peer);
    for (; at < log.entries().size(); ++at) plan.committed.push_back(log.entries()[at]);
    if (!plan.committed.empty()) plan.reached = plan.committed.back().zxid;
    return plan;
  }
  if (!log_reaches(input)) return SyncPlan();
  return from_log(min_of(input), CommittedWalk::opened_at(input.peer));
}

}  // namespace okapi
