// The leader in broadcast: proposals out, acks in, commits in order (peer-protocol spec 6).
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <set>

#include "server/zab/config_change.h"
#include "server/zab/leader.h"

namespace okapi {
namespace {

// Within these the followers of a leader that was replaced by a reconfig have left it.
constexpr int kTicksToLeave = 4;

}  // namespace

// Answers why the link must end.
std::optional<std::string> Leader::take_broadcast(LinkId id, LearnerProgress& link,
                                                  const QuorumPacket& packet, LeaderEffects& out) {
  if (packet.type() == PacketType::kAck) return take_ack(link, packet.zxid, out);
  if (packet.type() == PacketType::kPing) note_contact();
  auto message = learner_message(id, link, packet);
  if (!message.ok()) return message.error().text;
  if (!message->has_value()) return std::nullopt;
  std::visit([&](auto& kind) { out.push_back(std::move(kind)); }, **message);
  return std::nullopt;
}

// Safety X-QUO-05, INV-A15.
std::optional<std::string> Leader::take_ack(LearnerProgress& link, Zxid zxid, LeaderEffects& out) {
  if (is_epoch_marker(zxid)) return std::nullopt;  // of NEWLEADER or UPTODATE
  if (zxid > ledger_->last_proposed()) {
    return fmt::format("acked 0x{:x}, which was never proposed", zxid.value());
  }
  if (link.observer) return std::nullopt;
  link.acked(zxid);
  if (zxid <= ledger_->last_committed()) return std::nullopt;
  ledger_->ack(link.sid, zxid);
  commit(out);
  return std::nullopt;
}

bool Leader::refuses(const EncodedTxn& txn, LeaderEffects& out) {
  if (over_) return true;
  OKAPI_ASSERT(serving_ && txn.zxid.epoch() == epoch());
  if (!exhausts_counter(txn.zxid)) return false;
  step_down("the epoch's zxids are used up", out);
  return true;
}

void Leader::propose(EncodedTxn txn, MonoTime now, LeaderEffects& out) {
  if (refuses(txn, out)) return;
  forward_proposal(txn, now, out);
  ledger_->propose(std::move(txn));
}

void Leader::propose_reconfig(EncodedTxn txn, SharedQuorumConfig next, MonoTime now,
                              LeaderEffects& out) {
  if (refuses(txn, out)) return;
  last_seen_ = next;
  membership_changed_ = true;
  out.push_back(StoreNextConfig{next});
  forward_proposal(txn, now, out);
  ledger_->propose_reconfig(std::move(txn), std::move(next));
}

void Leader::forward_proposal(const EncodedTxn& txn, MonoTime now, LeaderEffects& out) {
  SharedBytes packet = proposal_packet(txn);
  for (auto& [id, link] : links_) {
    if (link.observer || !link.forwarded()) continue;
    out.push_back(SendTo{id, packet});
    link.proposed(txn.zxid, now);
  }
  out.push_back(LogTxn{txn});
}

void Leader::logged(Zxid zxid, LeaderEffects& out) {
  if (over_ || zxid <= ledger_->last_committed()) return;
  ledger_->ack(options_.self, zxid);
  commit(out);
}

void Leader::commit(LeaderEffects& out) {
  bool at_reconfig = true;
  while (at_reconfig && allowed_to_commit_ && !over_) {
    newly_committed_.clear();
    at_reconfig = ledger_->take_committed(newly_committed_);
    for (size_t i = 0; i < newly_committed_.size(); ++i) {
      const EncodedTxn& txn = newly_committed_[i];
      committed_.add(txn);
      if (at_reconfig && i + 1 == newly_committed_.size()) {
        activate(txn, out);
      } else {
        tell_committed(txn, std::nullopt, out);
      }
      release_syncs(txn.zxid, out);
    }
  }
}

// COMMIT and INFORM, or the two that name the leader of the new configuration.
void Leader::tell_committed(const EncodedTxn& txn, std::optional<ServerId> activated,
                            LeaderEffects& out) {
  SharedBytes commit, inform;
  std::vector<LinkId> overrun;
  for (auto& [id, link] : links_) {
    if (!link.forwarded()) continue;
    if (link.observer) {
      if (inform.empty()) {
        inform = activated.has_value() ? inform_and_activate_packet(txn, *activated)
                                       : inform_packet(txn);
      }
      out.push_back(SendTo{id, inform});
      continue;
    }
    if (commit.empty()) {
      commit = activated.has_value() ? encode_packet(PacketType::kCommitAndActivate, txn.zxid,
                                                     encode_designated(*activated))
                                     : encode_packet(PacketType::kCommit, txn.zxid);
    }
    if (link.phase() == Phase::kServing) {
      out.push_back(SendTo{id, commit});
    } else if (!link.hold(commit)) {
      overrun.push_back(id);
    }
  }
  for (LinkId id : overrun) close(id, "too many commits wait for its ack of NEWLEADER", out);
  out.push_back(CommitTxn{txn});
}

void Leader::activate(const EncodedTxn& txn, LeaderEffects& out) {
  SharedQuorumConfig next = ledger_->next_config();
  ServerId leader = designated_leader(*next, txn.zxid);
  config_ = next;
  ledger_->activate();
  allowed_to_commit_ = leader == options_.self;
  membership_changed_ = true;
  tell_committed(txn, leader, out);
  out.push_back(ActivateConfig{config_, leader, txn.zxid});
}

// Spec 6.7: this leader if it votes there under the same address; else the voter that has acked
// most of what is outstanding, so that it need not catch up.
ServerId Leader::designated_leader(const QuorumConfig& next, Zxid needed) const {
  if (next.is_voter(options_.self) && keeps_quorum_address(*config_, next, options_.self)) {
    return options_.self;
  }
  ServerId best = options_.self;
  std::optional<Zxid> best_acked;
  auto consider = [&](ServerId sid) {
    Zxid acked = ledger_->acked(sid);
    if (acked < needed || (best_acked.has_value() && acked <= *best_acked)) return;
    best = sid;
    best_acked = acked;
  };
  for (const auto& [id, link] : links_) {
    if (link.phase() < Phase::kAcked || link.observer || !next.is_voter(link.sid)) continue;
    consider(link.sid);
  }
  if (best_acked.has_value()) return best;
  // All who acked have lost their links since.
  for (ServerId sid : next.voters()) {
    if (sid != options_.self) consider(sid);
  }
  return best;
}

void Leader::sync(LinkId id, LeaderEffects& out) {
  if (over_ || !links_.contains(id)) return;
  if (syncs_.size() >= options_.waiting_syncs_max) return close(id, "too many syncs wait", out);
  add_sync({ledger_->last_proposed(), id}, out);
}

// How many there are admission bounds.
void Leader::sync(const SyncDone& own, LeaderEffects& out) {
  if (!over_) add_sync({ledger_->last_proposed(), own}, out);
}

void Leader::add_sync(WaitingSync sync, LeaderEffects& out) {
  syncs_.push_back(sync);
  if (ledger_->outstanding().empty()) release_syncs(sync.behind, out);
}

void Leader::release_syncs(Zxid committed, LeaderEffects& out) {
  while (!syncs_.empty() && syncs_.front().behind <= committed) {
    if (const auto* link = std::get_if<LinkId>(&syncs_.front().who)) {
      out.push_back(SendTo{*link, encode_packet(PacketType::kSync, Zxid())});
    } else {
      out.push_back(std::get<SyncDone>(syncs_.front().who));
    }
    syncs_.pop_front();
  }
}

void Leader::revalidated(LinkId id, SessionId session, bool valid, LeaderEffects& out) {
  if (over_ || !links_.contains(id)) return;
  std::string data = jute::encoded(RevalidationReply{session, valid});
  out.push_back(SendTo{id, encode_packet(PacketType::kRevalidate, Zxid(-1), data)});
}

std::set<ServerId> Leader::synced(MonoTime now) const {
  std::set<ServerId> synced{options_.self};
  for (const auto& [id, link] : links_) {
    if (!link.observer && link.phase() >= Phase::kAcked && link.synced(now)) {
      synced.insert(link.sid);
    }
  }
  return synced;
}

// Who is being brought up to date counts while its time lasts: a long SNAP ends no term.
void Leader::note_contact() {
  std::vector<std::pair<MonoTime, ServerId>> followers;
  for (const auto& [id, link] : links_) {
    if (link.observer || link.phase() == Phase::kInfo) continue;
    followers.emplace_back(link.synced_until(), link.sid);
  }
  std::sort(followers.begin(), followers.end(), std::greater<>());
  QuorumTracker tracker(config_, ledger_->next_config());
  tracker.add(options_.self);
  serving_until_ = MonoTime::max();
  for (const auto& [until, sid] : followers) {
    if (tracker.has_all_quorums()) return;
    tracker.add(sid);
    serving_until_ = until;
  }
  if (!tracker.has_all_quorums()) serving_until_ = MonoTime::min();
}

void Leader::tick(MonoTime now, LeaderEffects& out) {
  if (over_) return;
  if (auto waited = gate_.check(now); !waited.ok()) return step_down(waited.error().text, out);
  // It commits nothing any more; its followers leave as soon as they hear that. The reference waits
  // for that however long it takes.
  if (!allowed_to_commit_ && (links_.empty() || ++ticks_handed_over_ > kTicksToLeave)) {
    return step_down("a new configuration has another leader", out);
  }
  std::vector<std::pair<LinkId, std::string>> late;
  for (const auto& [id, link] : links_) {
    if (auto why = link.overdue(now); why.has_value()) late.emplace_back(id, *why);
  }
  for (const auto& [id, why] : late) close(id, why, out);
  if (serving_) {
    note_contact();
    if (now > serving_until_) return step_down("too few followers are synced", out);
  }
  if (!ledger_.has_value()) return;
  SharedBytes ping = encode_packet(PacketType::kPing, ledger_->last_proposed());
  for (const auto& [id, link] : links_) {
    if (link.forwarded()) out.push_back(SendTo{id, ping});
  }
}

}  // namespace okapi
