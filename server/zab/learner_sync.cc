#include "server/zab/learner_sync.h"

#include <spdlog/fmt/fmt.h>

#include "server/zab/config_change.h"
#include "server/zab/epoch_gate.h"

namespace okapi {
namespace {

Error surprise(std::string text) { return {ErrorKind::kInvalid, std::move(text)}; }

Error unexpected(const QuorumPacket& packet, const char* phase) {
  return surprise(
      fmt::format("sent {} ({}) {}", name_of(packet.type()), packet.type_number, phase));
}

Zxid marker(Epoch epoch) { return Zxid::make(epoch, 0); }

}  // namespace

LearnerSync::LearnerSync(const LearnerOptions& options)
    : options_(options), config_(options.config) {}

void LearnerSync::begin(LearnerEffects& out) {
  PacketType type = options_.observer ? PacketType::kObserverInfo : PacketType::kFollowerInfo;
  LearnerInfo info{options_.self, kPeerProtocolVersion, config_->version()};
  out.push_back(SendToLeader{encode_packet(type, marker(options_.accepted), jute::encoded(info))});
}

Status LearnerSync::received(const QuorumPacket& packet, LearnerEffects& out) {
  switch (phase_) {
    case Phase::kLeaderInfo:
      return take_leader_info(packet, out);
    case Phase::kOp:
      return take_op(packet, out);
    case Phase::kStream:
    case Phase::kUpToDate:
      return take_stream(packet, out);
    case Phase::kStorage:
    case Phase::kDone:
      break;
  }
  return unexpected(packet, "while the tree is loaded");
}

Status LearnerSync::take_leader_info(const QuorumPacket& packet, LearnerEffects& out) {
  if (packet.type() != PacketType::kLeaderInfo) return unexpected(packet, "instead of LEADERINFO");
  epoch_ = packet.zxid.epoch();
  if (epoch_ < options_.accepted) {
    return surprise(fmt::format("has epoch {}, we have accepted {}", epoch_.value(),
                                options_.accepted.value()));
  }
  if (epoch_.value() > EpochGate::kAcceptedEpochMax.value() + 1) {
    return surprise(fmt::format("has epoch {}", epoch_.value()));
  }
  int32_t current = -1;  // we took part in choosing this epoch before
  if (epoch_ > options_.accepted) {
    out.push_back(PersistAcceptedEpoch{epoch_});
    current = static_cast<int32_t>(options_.current.value());
  }
  out.push_back(SendToLeader{
      encode_packet(PacketType::kAckEpoch, options_.last_zxid, encode_int_data(current))});
  phase_ = Phase::kOp;
  return {};
}

Status LearnerSync::take_op(const QuorumPacket& packet, LearnerEffects& out) {
  Zxid zxid = packet.zxid, last = options_.last_zxid;
  applied_ = last;
  if (packet.type() == PacketType::kPing) return {};
  if (zxid < Zxid() || zxid.epoch() > epoch_) {
    return surprise(fmt::format("sent {} 0x{:x} in epoch {}", name_of(packet.type()), zxid.value(),
                                epoch_.value()));
  }
  bool sets_back = packet.type() == PacketType::kTrunc || packet.type() == PacketType::kSnap;
  // It is no other history, but an older state of the same: not for clients that have seen more.
  if (options_.master.has_value() && sets_back && zxid < options_.committed) {
    return surprise(fmt::format("sent {} 0x{:x}, but 0x{:x} is committed here",
                                name_of(packet.type()), zxid.value(), options_.committed.value()));
  }
  if (packet.type() == PacketType::kDiff) {
    if (zxid < last) {
      return surprise(
          fmt::format("sent DIFF to 0x{:x}, we are at 0x{:x}", zxid.value(), last.value()));
    }
    phase_ = Phase::kStream;
  } else if (packet.type() == PacketType::kTrunc) {
    if (zxid < options_.committed) {
      two_histories_ = true;
      return surprise(fmt::format("sent TRUNC to 0x{:x}, but 0x{:x} is committed here",
                                  zxid.value(), options_.committed.value()));
    }
    if (zxid >= last) {
      return surprise(
          fmt::format("sent TRUNC to 0x{:x}, we are at 0x{:x}", zxid.value(), last.value()));
    }
    applied_ = zxid;
    out.push_back(TruncateLog{zxid});
    phase_ = Phase::kStorage;
  } else if (packet.type() == PacketType::kSnap) {
    applied_ = zxid;
    direct_ = true;
    out.push_back(LoadSnapshot{zxid});
    phase_ = Phase::kStorage;
  } else {
    return unexpected(packet, "instead of DIFF, TRUNC or SNAP");
  }
  last_queued_ = applied_;
  return {};
}

Status LearnerSync::truncated(bool found) {
  OKAPI_ASSERT(phase_ == Phase::kStorage && !direct_);
  phase_ = Phase::kStream;
  // What stands in its place is not the leader's history (ZOOKEEPER-4837).
  if (!found)
    return surprise(fmt::format("sent TRUNC to 0x{:x}, not in our log", applied_.value()));
  return {};
}

void LearnerSync::snapshot_loaded() {
  OKAPI_ASSERT(phase_ == Phase::kStorage && direct_);
  phase_ = Phase::kStream;
}

Status LearnerSync::take_stream(const QuorumPacket& packet, LearnerEffects& out) {
  switch (packet.type()) {
    case PacketType::kProposal:
      return take_proposal(packet, out);
    case PacketType::kCommit:
    case PacketType::kCommitAndActivate:
      return take_commit(packet, out);
    case PacketType::kInform:
    case PacketType::kInformAndActivate:
      return take_inform(packet, out);
    case PacketType::kNewLeader:
      if (phase_ == Phase::kUpToDate) return unexpected(packet, "twice");
      return take_new_leader(packet, out);
    case PacketType::kUpToDate:
      if (phase_ == Phase::kStream) return unexpected(packet, "before NEWLEADER");
      return take_up_to_date(out);
    case PacketType::kPing:
      return {};  // not answered before UPTODATE
    case PacketType::kRequest:
    case PacketType::kAck:
    case PacketType::kRevalidate:
    case PacketType::kSync:
    case PacketType::kFollowerInfo:
    case PacketType::kDiff:
    case PacketType::kTrunc:
    case PacketType::kSnap:
    case PacketType::kObserverInfo:
    case PacketType::kLeaderInfo:
    case PacketType::kAckEpoch:
      break;
  }
  return unexpected(packet, "in its synchronisation");
}

Status LearnerSync::enqueue(EncodedTxn txn, LearnerEffects& out) {
  if (!follows(last_queued_, txn.zxid) || txn.zxid.epoch() > epoch_) {
    return surprise(
        fmt::format("sent 0x{:x} behind 0x{:x}", txn.zxid.value(), last_queued_.value()));
  }
  queue_bytes_ += txn.bytes.size();
  if (queue_bytes_ > options_.queue_bytes_max) {
    return surprise("sent more transactions than may wait for NEWLEADER");
  }
  auto config = config_of_txn(txn, options_.rules);
  if (!config.ok()) return config.error();
  if (*config != nullptr && options_.reconfig_enabled) {
    proposed_ = *config;
    out.push_back(StoreNextConfig{proposed_});
  }
  last_queued_ = txn.zxid;
  queue_.push_back(std::move(txn));
  return {};
}

Status LearnerSync::take_proposal(const QuorumPacket& packet, LearnerEffects& out) {
  auto txn = txn_of_packet(packet);
  if (!txn.ok()) return txn.error();
  return enqueue(std::move(*txn), out);
}

// The first of the queue that is not committed.
Status LearnerSync::take_commit(const QuorumPacket& packet, LearnerEffects& out) {
  if (committed_count_ == queue_.size() || queue_[committed_count_].zxid != packet.zxid) {
    return surprise(
        fmt::format("sent COMMIT of 0x{:x}, which is not the next", packet.zxid.value()));
  }
  auto designated = designated_by(packet);
  return designated.ok() ? commit_next(*designated, out) : designated.error();
}

Status LearnerSync::take_inform(const QuorumPacket& packet, LearnerEffects& out) {
  if (!options_.observer || committed_count_ != queue_.size()) {
    return unexpected(packet, "to one that is told of proposals");
  }
  auto txn = txn_of_packet(packet);
  if (!txn.ok()) return txn.error();
  auto designated = designated_by(packet);
  if (!designated.ok()) return designated.error();
  Status queued = enqueue(std::move(*txn), out);
  return queued.ok() ? commit_next(*designated, out) : queued;
}

Status LearnerSync::commit_next(std::optional<ServerId> designated, LearnerEffects& out) {
  EncodedTxn txn = queue_[committed_count_];
  if (direct_) {
    OKAPI_ASSERT(committed_count_ == 0);
    queue_bytes_ -= txn.bytes.size();
    queue_.pop_front();
    applied_ = txn.zxid;
    out.push_back(ApplyTxn{txn});
  } else {
    ++committed_count_;
  }
  if (!designated.has_value()) return {};
  auto config = config_of_txn(txn, options_.rules);
  if (!config.ok()) return config.error();
  if (*config == nullptr) return surprise("activates what is no reconfig");
  return activate(*config, designated, txn.zxid, out);
}

Status LearnerSync::activate(SharedQuorumConfig config, std::optional<ServerId> designated,
                             Zxid zxid, LearnerEffects& out) {
  if (!options_.reconfig_enabled || config->version() <= config_->version()) return {};
  bool major = is_major_change(*config_, *config, options_.self, options_.leader, designated);
  config_ = config;
  out.push_back(ActivateConfig{std::move(config), designated, zxid});
  if (!major) return {};
  designated_ = designated;
  return surprise("hands over to a new configuration");
}

Status LearnerSync::take_new_leader(const QuorumPacket& packet, LearnerEffects& out) {
  if (packet.zxid != marker(epoch_)) {
    return surprise(
        fmt::format("sent NEWLEADER 0x{:x} in epoch {}", packet.zxid.value(), epoch_.value()));
  }
  // Compat: what does not parse is passed over.
  auto config = QuorumConfig::parse(packet.data.value_or(ByteView()), options_.rules);
  if (config.ok()) {
    from_new_leader_ = std::make_shared<const QuorumConfig>(std::move(*config));
    if (options_.reconfig_enabled) out.push_back(StoreNextConfig{from_new_leader_});
  }
  if (direct_) {
    out.push_back(WriteSnapshot{applied_});
    direct_ = false;
  } else {
    for (size_t i = 0; i < committed_count_; ++i) out.push_back(AppendTxn{queue_[i]});
    if (committed_count_ > 0) out.push_back(SyncLog{});
    for (; committed_count_ > 0; --committed_count_) {
      queue_bytes_ -= queue_.front().bytes.size();
      applied_ = queue_.front().zxid;
      out.push_back(ApplyTxn{std::move(queue_.front())});
      queue_.pop_front();
    }
  }
  // The leader leads with a quorum of this configuration, so nothing newer was ever committed but
  // what it has sent; a server that kept it would ask a quorum of it for ever.
  if (from_new_leader_ != nullptr && options_.reconfig_enabled) {
    bool proposes = proposed_ != nullptr && proposed_->version() > from_new_leader_->version();
    out.push_back(VoidNextConfig{proposes ? proposed_ : from_new_leader_});
  }
  out.push_back(PersistCurrentEpoch{epoch_});
  out.push_back(SendToLeader{encode_packet(PacketType::kAck, packet.zxid)});
  phase_ = Phase::kUpToDate;
  return {};
}

Status LearnerSync::take_up_to_date(LearnerEffects& out) {
  if (from_new_leader_ != nullptr) {
    Status activated = activate(from_new_leader_, std::nullopt, marker(epoch_), out);
    if (!activated.ok()) return activated;
  }
  out.push_back(SendToLeader{encode_packet(PacketType::kAck, marker(epoch_))});
  out.push_back(StartServing{epoch_});
  phase_ = Phase::kDone;
  return {};
}

LearnerSync::Rest LearnerSync::take_rest() {
  OKAPI_ASSERT(phase_ == Phase::kDone);
  return {std::move(queue_), committed_count_, last_queued_, applied_};
}

}  // namespace okapi
