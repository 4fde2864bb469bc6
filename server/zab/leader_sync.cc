// The leader brings a learner to its history (peer-protocol spec 5).
#include "server/zab/leader.h"

namespace okapi {

// Where the history ends; once serving, the epoch's marker counts as processed.
Zxid Leader::last_processed() const {
  return serving_ ? ledger_->last_committed() : options_.last_zxid;
}

// The last txn there is, never a marker: nothing may be missing below it.
Zxid Leader::last_txn() const { return committed_.empty() ? options_.last_zxid : committed_.max(); }

// May end the link, and with it `link`.
void Leader::begin_sync(LinkId id, LearnerProgress& link, bool force_snap, MonoTime now,
                        LeaderEffects& out) {
  SyncPlan plan = plan_sync({committed_, last_processed(), link.last_zxid,
                             force_snap || options_.force_snap, options_.log_from});
  carry_out(id, link, plan, now, out);
}

void Leader::carry_out(LinkId id, LearnerProgress& link, const SyncPlan& plan, MonoTime now,
                       LeaderEffects& out) {
  if (plan.kind != SyncPlan::Kind::kMemory) {
    // Voters are let in always: the ensemble needs them.
    if (link.observer && too_many_syncs(links_, link, plan.kind, options_.syncs)) {
      return close(id, "too many synchronisations", out);
    }
    if (link.phase() != Phase::kStreaming) link.enter(Phase::kStreaming, now);
    return std::visit([&](auto&& stream) { out.push_back(stream); }, stream_of(id, plan));
  }
  for (SharedBytes& packet : packets_of(plan)) out.push_back(SendTo{id, std::move(packet)});
  // From here on it is on the forward list: in the same step as the plan (ZOOKEEPER-962).
  if (!link.observer) {
    // What it had acked beyond may just have been cut by TRUNC or replaced by SNAP. (The reference
    // counts the old ack and can so commit what one disk holds; the model run lost a write by it.)
    ledger_->retract(link.sid, plan.reached);
    for (const EncodedTxn& txn : ledger_->outstanding()) {
      if (txn.zxid > plan.reached) out.push_back(SendTo{id, proposal_packet(txn)});
    }
  }
  // A learner activates this one at UPTODATE. What is proposed and not committed may be named only
  // while this very NEWLEADER is to establish it. (The reference names it always: G14 breaks.)
  bool proposed = !serving_ && last_seen_ != nullptr && last_seen_->version() > config_->version();
  const SharedQuorumConfig& newest = proposed ? last_seen_ : config_;
  out.push_back(
      SendTo{id, encode_packet(PacketType::kNewLeader, Zxid::make(epoch(), 0), newest->text())});
  link.enter(Phase::kNewLeader, now);
}

void Leader::log_sent(LinkId id, const CommittedWalk& walk, MonoTime now, LeaderEffects& out) {
  if (!walk.opened()) return log_unusable(id, now, out);
  resume_sync(id, walk.reached(), now, out);
}

void Leader::log_unusable(LinkId id, MonoTime now, LeaderEffects& out) {
  auto found = links_.find(id);
  if (over_ || found == links_.end()) return;
  begin_sync(id, found->second, true, now, out);
}

void Leader::snapshot_sent(LinkId id, Zxid stamp, MonoTime now, LeaderEffects& out) {
  resume_sync(id, stamp, now, out);
}

void Leader::resume_sync(LinkId id, Zxid reached, MonoTime now, LeaderEffects& out) {
  auto found = links_.find(id);
  if (over_ || found == links_.end()) return;
  OKAPI_ASSERT(found->second.phase() == Phase::kStreaming);
  SyncPlan plan = continue_sync({committed_, last_txn(), reached, false, options_.log_from});
  if (plan.kind == SyncPlan::Kind::kSnap) {
    return close(id, "cannot be brought up to memory from where it is", out);
  }
  carry_out(id, found->second, plan, now, out);
}

void Leader::up_to_date(LinkId id, LearnerProgress& link, MonoTime now, LeaderEffects& out) {
  out.push_back(SendTo{id, encode_packet(PacketType::kUpToDate, Zxid(-1))});
  for (SharedBytes& commit : link.take_held()) out.push_back(SendTo{id, std::move(commit)});
  link.enter(Phase::kServing, now);
}

}  // namespace okapi
