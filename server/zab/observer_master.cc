#include "server/zab/observer_master.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "server/txn/proposal.h"

namespace okapi {

ObserverMaster::ObserverMaster(const ObserverMasterOptions& options, SharedQuorumConfig config,
                               const CommittedLog& committed)
    : options_(options), config_(std::move(config)), committed_(committed) {}

// As a leader counts them (Leader::last_txn, last_processed): a follower's history, too, is what
// its leader began with, and then what was committed.
Zxid ObserverMaster::last_txn() const {
  return committed_.empty() ? options_.last_zxid : committed_.max();
}

Zxid ObserverMaster::last_processed() const {
  return committed_.empty() ? marker() : std::max(marker(), committed_.max());
}

// It was told by somebody faster: an observer's history is committed, and in this epoch it is the
// leader's. (The reference has it cut off what we do not know of yet.)
bool ObserverMaster::is_ahead(const LearnerProgress& link) const {
  return link.last_zxid.epoch() == options_.epoch && link.last_zxid > last_processed();
}

void ObserverMaster::connected(LinkId link, MonoTime now, ObserverMasterEffects& out) {
  // Bound of links in handshake (safety X-QUO-01).
  if (in_handshake(links_) >= 2 * config_->members().size()) {
    out.push_back(CloseLink{link, "too many observers in handshake"});
    return;
  }
  links_.emplace(link, LearnerProgress(options_.limits, now));
}

void ObserverMaster::received(LinkId id, const QuorumPacket& packet, MonoTime now,
                              ObserverMasterEffects& out) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  found->second.heard(now);
  if (Why why = take(id, found->second, packet, now, out)) close(id, *why, out);
}

void ObserverMaster::disconnected(LinkId id) { links_.erase(id); }

void ObserverMaster::close(LinkId id, const std::string& why, ObserverMasterEffects& out) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  out.push_back(CloseLink{id, fmt::format("observer {}: {}", found->second.sid.value(), why)});
  links_.erase(found);
}

// From the first packet to UPTODATE nothing has to be waited for: the leader serves.
ObserverMaster::Why ObserverMaster::take(LinkId id, LearnerProgress& link,
                                         const QuorumPacket& packet, MonoTime now,
                                         ObserverMasterEffects& out) {
  switch (link.phase()) {
    case Phase::kInfo:
      return take_info(id, link, packet, now, out);
    case Phase::kAckEpoch:
      if (packet.type() != PacketType::kAckEpoch) break;
      return take_ack_epoch(id, link, packet, now, out);
    case Phase::kNewLeader:
      if (packet.type() != PacketType::kAck) break;
      return take_ack(id, link, packet.zxid, now, out);
    case Phase::kServing:
      if (packet.type() == PacketType::kAck) return take_ack(id, link, packet.zxid, now, out);
      return take_message(id, link, packet, out);
    case Phase::kEpoch:
    case Phase::kHistory:
    case Phase::kStreaming:
    case Phase::kAcked:
      break;
  }
  return fmt::format("sent {} ({}) in its handshake", name_of(packet.type()), packet.type_number);
}

ObserverMaster::Why ObserverMaster::take_info(LinkId id, LearnerProgress& link,
                                              const QuorumPacket& packet, MonoTime now,
                                              ObserverMasterEffects& out) {
  if (Why why = take_learner_info(link, packet, config_->version())) return why;
  if (!link.observer) return "follows: only observers are served here";
  Epoch accepted = packet.zxid.epoch();
  if (accepted > options_.epoch) {
    return fmt::format("has accepted epoch {}, ours is {}", accepted.value(),
                       options_.epoch.value());
  }
  out.push_back(SendTo{id, leader_info_packet(options_.epoch)});
  link.enter(Phase::kAckEpoch, now);
  return std::nullopt;
}

ObserverMaster::Why ObserverMaster::take_ack_epoch(LinkId id, LearnerProgress& link,
                                                   const QuorumPacket& packet, MonoTime now,
                                                   ObserverMasterEffects& out) {
  link.last_zxid = packet.zxid;
  if (link.last_zxid.epoch() > options_.epoch) {
    return fmt::format("is at 0x{:x}, our epoch is {}", link.last_zxid.value(),
                       options_.epoch.value());
  }
  link.enter(Phase::kHistory, now);
  if (!is_ahead(link)) begin_sync(id, link, false, now, out);
  return std::nullopt;
}

ObserverMaster::Why ObserverMaster::take_ack(LinkId id, LearnerProgress& link, Zxid zxid,
                                             MonoTime now, ObserverMasterEffects& out) {
  if (!is_epoch_marker(zxid)) return fmt::format("acked 0x{:x}: observers ack none", zxid.value());
  if (zxid != marker() || link.phase() == Phase::kServing) return std::nullopt;
  link.enter(Phase::kServing, now);
  link.heard(now);
  out.push_back(SendTo{id, encode_packet(PacketType::kUpToDate, Zxid(-1))});
  return std::nullopt;
}

ObserverMaster::Why ObserverMaster::take_message(LinkId id, const LearnerProgress& link,
                                                 const QuorumPacket& packet,
                                                 ObserverMasterEffects& out) {
  auto message = learner_message(id, link, packet);
  if (!message.ok()) return message.error().text;
  if (!message->has_value()) return std::nullopt;
  const auto* request = std::get_if<ForwardToPrep>(&**message);
  bool asks = std::holds_alternative<AskSession>(**message) ||
              (request != nullptr && request->op == static_cast<int32_t>(OpCode::kSync));
  if (asks) {
    if (questions_ >= options_.questions_max) return "too many syncs and revalidations wait";
    ++questions_;
  }
  std::visit([&](auto& kind) { out.push_back(std::move(kind)); }, **message);
  return std::nullopt;
}

void ObserverMaster::begin_sync(LinkId id, LearnerProgress& link, bool force_snap, MonoTime now,
                                ObserverMasterEffects& out) {
  SyncPlan plan = plan_sync({committed_, last_processed(), link.last_zxid,
                             force_snap || options_.force_snap, options_.log_from});
  carry_out(id, link, plan, now, out);
}

// May end the link, and with it `link`.
void ObserverMaster::carry_out(LinkId id, LearnerProgress& link, const SyncPlan& plan, MonoTime now,
                               ObserverMasterEffects& out) {
  if (plan.kind != SyncPlan::Kind::kMemory) {
    if (too_many_syncs(links_, link, plan.kind, options_.syncs)) {
      return close(id, "too many synchronisations", out);
    }
    if (link.phase() != Phase::kStreaming) link.enter(Phase::kStreaming, now);
    return std::visit([&](auto&& stream) { out.push_back(stream); }, stream_of(id, plan));
  }
  for (SharedBytes& packet : packets_of(plan)) out.push_back(SendTo{id, std::move(packet)});
  out.push_back(SendTo{id, encode_packet(PacketType::kNewLeader, marker(), config_->text())});
  link.enter(Phase::kNewLeader, now);
}

void ObserverMaster::log_sent(LinkId id, const CommittedWalk& walk, MonoTime now,
                              ObserverMasterEffects& out) {
  if (!walk.opened()) return log_unusable(id, now, out);
  resume_sync(id, walk.reached(), now, out);
}

void ObserverMaster::log_unusable(LinkId id, MonoTime now, ObserverMasterEffects& out) {
  auto found = links_.find(id);
  if (found != links_.end()) begin_sync(id, found->second, true, now, out);
}

void ObserverMaster::snapshot_sent(LinkId id, Zxid stamp, MonoTime now,
                                   ObserverMasterEffects& out) {
  resume_sync(id, stamp, now, out);
}

void ObserverMaster::resume_sync(LinkId id, Zxid reached, MonoTime now,
                                 ObserverMasterEffects& out) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  SyncPlan plan = continue_sync({committed_, last_txn(), reached, false, options_.log_from});
  if (plan.kind == SyncPlan::Kind::kSnap) {
    return close(id, "cannot be brought up to memory from where it is", out);
  }
  carry_out(id, found->second, plan, now, out);
}

void ObserverMaster::committed(const EncodedTxn& txn, std::optional<ServerId> designated,
                               MonoTime now, ObserverMasterEffects& out) {
  SharedBytes inform;
  for (const auto& [id, link] : links_) {
    if (!link.forwarded()) continue;
    if (inform.empty()) {
      inform = designated.has_value() ? inform_and_activate_packet(txn, *designated)
                                      : inform_packet(txn);
    }
    out.push_back(SendTo{id, inform});
  }
  begin_awaited_syncs(now, out);
}

void ObserverMaster::begin_awaited_syncs(MonoTime now, ObserverMasterEffects& out) {
  std::vector<LinkId> awaited;
  for (const auto& [id, link] : links_) {
    if (link.phase() == Phase::kHistory && !is_ahead(link)) awaited.push_back(id);
  }
  for (LinkId id : awaited) begin_sync(id, links_.at(id), false, now, out);
}

void ObserverMaster::sync_done(LinkId id, ObserverMasterEffects& out) {
  --questions_;
  if (links_.contains(id)) out.push_back(SendTo{id, encode_packet(PacketType::kSync, Zxid())});
}

void ObserverMaster::revalidated(LinkId id, SessionId session, bool valid,
                                 ObserverMasterEffects& out) {
  --questions_;
  if (!links_.contains(id)) return;
  std::string data = jute::encoded(RevalidationReply{session, valid});
  out.push_back(SendTo{id, encode_packet(PacketType::kRevalidate, Zxid(-1), data)});
}

void ObserverMaster::tick(MonoTime now, ObserverMasterEffects& out) {
  std::vector<std::pair<LinkId, std::string>> late;
  for (const auto& [id, link] : links_) {
    if (Why why = link.overdue(now)) late.emplace_back(id, *why);
  }
  for (const auto& [id, why] : late) close(id, why, out);
  SharedBytes ping = encode_packet(PacketType::kPing, last_processed());
  for (const auto& [id, link] : links_) {
    if (link.forwarded()) out.push_back(SendTo{id, ping});
  }
}

int64_t ObserverMaster::synced(MonoTime now) const {
  return std::count_if(links_.begin(), links_.end(), [now](const auto& entry) {
    return entry.second.phase() == Phase::kServing && entry.second.synced(now);
  });
}

}  // namespace okapi
