#include "server/zab/learner.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "server/zab/config_change.h"

namespace okapi {
namespace {

Error surprise(std::string text) { return {ErrorKind::kInvalid, std::move(text)}; }

// One ACK for each: those of the reference count for their own proposal alone.
SharedBytes acks_of(std::deque<Zxid>::const_iterator from, std::deque<Zxid>::const_iterator to) {
  constexpr size_t kBytes = kPacketHeadBytes + kPacketTailBytes;
  return SharedBytes::make(static_cast<size_t>(to - from) * kBytes, [&](char* at) {
    for (; from != to; ++from, at += kBytes) {
      write_packet_head(at, PacketType::kAck, *from, std::nullopt);
      write_packet_tail(at + kPacketHeadBytes);
    }
  });
}

}  // namespace

Learner::Learner(const LearnerOptions& options, CommittedLog& committed, MonoTime now)
    : options_(options),
      committed_(committed),
      sync_(options),
      config_(options.config),
      heard_(now),
      last_committed_(options.committed) {}

std::string Learner::other_end() const {
  if (options_.master.has_value()) {
    return fmt::format("observer master {}", options_.master->value());
  }
  return fmt::format("leader {}", options_.leader.value());
}

void Learner::begin(MonoTime now, LearnerEffects& out) {
  heard_ = now;
  sync_.begin(out);
}

void Learner::give_up(const std::string& why, LearnerEffects& out, bool wipe) {
  over_ = true;
  std::string text = fmt::format("{} {}", other_end(), why);
  if (sync_.two_histories()) {
    out.push_back(EndProcess{std::move(text)});
    return;
  }
  out.push_back(GiveUp{.why = std::move(text),
                       .reload = !serving_,
                       .wipe = wipe,
                       .designated = serving_ ? designated_ : sync_.designated()});
}

void Learner::received(const QuorumPacket& packet, MonoTime now, LearnerEffects& out) {
  if (over_) return;
  // What has waited here while this process stood still is no sign of a leader.
  if (serving_ && leave_silent(now, out)) return;
  heard_ = now;
  if (serving_) {
    Status taken = take(packet, out);
    if (!taken.ok()) give_up(taken.error().text, out);
    return;
  }
  Status taken = sync_.received(packet, out);
  if (!taken.ok()) return give_up(taken.error().text, out);
  if (sync_.phase() == LearnerSync::Phase::kDone) serve(out);
}

void Learner::truncated(bool found, LearnerEffects& out) {
  if (over_) return;
  Status taken = sync_.truncated(found);
  if (!taken.ok()) give_up(taken.error().text, out, true);
}

void Learner::snapshot_loaded(MonoTime now) {
  if (over_) return;
  heard_ = now;
  sync_.snapshot_loaded();
}

// What came between the plan and UPTODATE goes through the pipeline like all later ones.
void Learner::serve(LearnerEffects& out) {
  serving_ = true;
  config_ = sync_.config();
  LearnerSync::Rest rest = sync_.take_rest();
  last_queued_ = rest.last_queued;
  // The leader serves, so a quorum has its history. Before that nothing of it was certain: a COMMIT
  // in the synchronisation may still be undone by the next leader.
  // (A marker, the stamp of a SNAP, is no place in a log.)
  if (!is_epoch_marker(rest.last_applied)) {
    last_committed_ = std::max(last_committed_, rest.last_applied);
  }
  for (const EncodedTxn& txn : rest.queue) {
    out.push_back(LogTxn{txn});
    if (!options_.observer) unacked_.push_back(txn.zxid);
  }
  pending_ = std::move(rest.queue);
  for (size_t i = 0; i < rest.committed_count; ++i) {
    Status committed = commit_next(std::nullopt, out);
    OKAPI_ASSERT(committed.ok());
  }
}

Status Learner::take(const QuorumPacket& packet, LearnerEffects& out) {
  switch (packet.type()) {
    case PacketType::kPing:
      answer_ping(packet, out);
      return {};
    case PacketType::kProposal:
      return take_proposal(packet, out);
    case PacketType::kCommit:
    case PacketType::kCommitAndActivate:
      return take_commit(packet, out);
    case PacketType::kInform:
    case PacketType::kInformAndActivate:
      return take_inform(packet, out);
    case PacketType::kSync:
      return take_sync(out);
    case PacketType::kRevalidate:
      return take_revalidation(packet, out);
    case PacketType::kRequest:
    case PacketType::kAck:
    case PacketType::kNewLeader:
    case PacketType::kFollowerInfo:
    case PacketType::kUpToDate:
    case PacketType::kDiff:
    case PacketType::kTrunc:
    case PacketType::kSnap:
    case PacketType::kObserverInfo:
    case PacketType::kLeaderInfo:
    case PacketType::kAckEpoch:
      break;
  }
  return surprise(
      fmt::format("sent {} ({}) in broadcast", name_of(packet.type()), packet.type_number));
}

// A repeated proposal is let pass only if it is the same (INV-A13).
Status Learner::is_known(const EncodedTxn& txn) const {
  auto same = [&](const std::deque<EncodedTxn>& in) {
    auto at = std::lower_bound(in.begin(), in.end(), txn.zxid,
                               [](const EncodedTxn& e, Zxid z) { return e.zxid < z; });
    return at != in.end() && at->zxid == txn.zxid && at->bytes.view() == txn.bytes.view();
  };
  if (same(pending_) || same(committed_.entries())) return {};
  return surprise(fmt::format("sent another transaction 0x{:x}", txn.zxid.value()));
}

Status Learner::log(const EncodedTxn& txn, LearnerEffects& out) {
  if (!follows(last_queued_, txn.zxid) || txn.zxid.epoch() != epoch()) {
    return surprise(
        fmt::format("sent 0x{:x} behind 0x{:x}", txn.zxid.value(), last_queued_.value()));
  }
  auto config = config_of_txn(txn, options_.rules);
  if (!config.ok()) return config.error();
  if (*config != nullptr && options_.reconfig_enabled) out.push_back(StoreNextConfig{*config});
  last_queued_ = txn.zxid;
  pending_.push_back(txn);
  out.push_back(LogTxn{txn});
  return {};
}

Status Learner::take_proposal(const QuorumPacket& packet, LearnerEffects& out) {
  if (options_.observer) return surprise("sent a PROPOSAL to an observer");
  auto txn = txn_of_packet(packet);
  if (!txn.ok()) return txn.error();
  if (txn->zxid <= last_queued_) return is_known(*txn);
  Status logged = log(*txn, out);
  if (logged.ok()) unacked_.push_back(txn->zxid);
  return logged;
}

Status Learner::take_commit(const QuorumPacket& packet, LearnerEffects& out) {
  if (options_.observer) return surprise("sent a COMMIT to an observer");
  if (pending_.empty() || pending_.front().zxid != packet.zxid) {
    return surprise(
        fmt::format("sent COMMIT of 0x{:x}, which is not the next", packet.zxid.value()));
  }
  auto designated = designated_by(packet);
  return designated.ok() ? commit_next(*designated, out) : designated.error();
}

Status Learner::take_inform(const QuorumPacket& packet, LearnerEffects& out) {
  if (!options_.observer) return surprise("sent an INFORM to a follower");
  auto txn = txn_of_packet(packet);
  if (!txn.ok()) return txn.error();
  if (txn->zxid <= last_queued_) return is_known(*txn);
  auto designated = designated_by(packet);
  if (!designated.ok()) return designated.error();
  Status logged = log(*txn, out);
  return logged.ok() ? commit_next(*designated, out) : logged;
}

Status Learner::commit_next(std::optional<ServerId> designated, LearnerEffects& out) {
  EncodedTxn txn = std::move(pending_.front());
  pending_.pop_front();
  last_committed_ = txn.zxid;
  committed_.add(txn);
  out.push_back(CommitTxn{txn, designated});
  if (!designated.has_value() || !options_.reconfig_enabled) return {};
  auto config = config_of_txn(txn, options_.rules);
  if (!config.ok()) return config.error();
  if (*config == nullptr) return surprise("activates what is no reconfig");
  bool major = is_major_change(*config_, **config, options_.self, options_.leader, designated);
  config_ = *config;
  out.push_back(ActivateConfig{config_, designated, txn.zxid});
  if (!major) return {};
  designated_ = designated;
  return surprise("hands over to a new configuration");
}

void Learner::logged(Zxid zxid, LearnerEffects& out) {
  if (over_) return;
  auto end = std::upper_bound(unacked_.begin(), unacked_.end(), zxid);
  if (end == unacked_.begin()) return;
  out.push_back(SendToLeader{acks_of(unacked_.begin(), end)});
  unacked_.erase(unacked_.begin(), end);
}

void Learner::request(const ForwardedRequest& request, const std::vector<Identity>& identities,
                      LearnerEffects& out, LinkId observer) {
  if (!serving()) return;
  std::string data = encode_request(request);
  QuorumPacket packet{static_cast<int32_t>(PacketType::kRequest), Zxid(-1), data, {}};
  // Null where there is no client behind the request.
  packet.auth.null = identities.empty();
  for (const Identity& who : identities) packet.auth.items.push_back({who.scheme, who.id});
  out.push_back(SendToLeader{encode_packet(packet)});
  if (request.op == static_cast<int32_t>(OpCode::kSync)) {
    syncs_.push_back({{request.session, request.cxid}, observer});
  }
}

Status Learner::take_sync(LearnerEffects& out) {
  if (syncs_.empty()) return surprise("sent a SYNC that nobody asked for");
  const SentSync& first = syncs_.front();
  if (first.observer == LinkId()) {
    out.push_back(first.sync);
  } else {
    out.push_back(RelaySync{first.observer});
  }
  syncs_.pop_front();
  return {};
}

void Learner::revalidate(const Revalidation& question, LearnerEffects& out, LinkId observer) {
  if (!serving()) return;
  revalidating_[question.session].push_back(observer);
  out.push_back(
      SendToLeader{encode_packet(PacketType::kRevalidate, Zxid(-1), jute::encoded(question))});
}

Status Learner::take_revalidation(const QuorumPacket& packet, LearnerEffects& out) {
  auto reply = jute::decode<RevalidationReply>(packet.data.value_or(ByteView()));
  if (!reply.ok()) return reply.error();
  auto asked = revalidating_.find(reply->session);
  if (asked == revalidating_.end()) return surprise("answers a REVALIDATE that nobody sent");
  LinkId observer = asked->second.front();
  asked->second.pop_front();
  if (asked->second.empty()) revalidating_.erase(asked);
  SessionAnswer answer{reply->session, reply->valid};
  if (observer == LinkId()) {
    out.push_back(answer);
  } else {
    out.push_back(RelaySession{observer, answer});
  }
  return {};
}

void Learner::touched(const std::vector<SessionTouch>& touches) {
  for (const SessionTouch& touch : touches) touches_[touch.session] = touch.timeout_ms;
}

void Learner::answer_ping(const QuorumPacket& packet, LearnerEffects& out) {
  std::vector<SessionTouch> told;
  while (!touches_.empty() && told.size() < options_.touches_max) {
    auto first = touches_.begin();
    told.push_back({first->first, first->second});
    touches_.erase(first);
  }
  out.push_back(SendToLeader{encode_packet(PacketType::kPing, packet.zxid, encode_touches(told))});
}

void Learner::tick(MonoTime now, LearnerEffects& out) {
  if (!over_) leave_silent(now, out);
}

MonoTime Learner::silent_until() const {
  // After its ack of NEWLEADER the leader pings.
  bool pinged = serving_ || sync_.phase() == LearnerSync::Phase::kUpToDate;
  return heard_ + (pinged ? options_.sync_limit : options_.init_limit);
}

bool Learner::leave_silent(MonoTime now, LearnerEffects& out) {
  if (now <= silent_until()) return false;
  give_up(fmt::format("was silent for {} ms", to_ms(now - heard_)), out);
  return true;
}

}  // namespace okapi
