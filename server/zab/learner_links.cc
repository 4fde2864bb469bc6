#include "server/zab/learner_links.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "server/txn/proposal.h"

namespace okapi {
namespace {

using Phase = LearnerProgress::Phase;

Result<ForwardToPrep> request_of(LinkId id, ServerId sid, const QuorumPacket& packet) {
  auto request = decode_request(packet.data);
  if (!request.ok()) return request.error();
  ForwardToPrep out{.link = id,
                    .sid = sid,
                    .session = request->session,
                    .cxid = request->cxid,
                    .op = request->op,
                    .body = std::string(request->body),
                    .identities = {}};
  for (const AuthInfo& who : packet.auth.items) {
    out.identities.push_back(
        {std::string(who.scheme.value_or("")), std::string(who.id.value_or(""))});
  }
  return out;
}

}  // namespace

size_t in_handshake(const LearnerLinks& links) {
  auto early = std::count_if(links.begin(), links.end(), [](const auto& entry) {
    return entry.second.phase() < Phase::kStreaming;
  });
  return static_cast<size_t>(early);
}

std::optional<std::string> take_learner_info(LearnerProgress& link, const QuorumPacket& packet,
                                             int64_t config_version) {
  link.observer = packet.type() == PacketType::kObserverInfo;
  if (!link.observer && packet.type() != PacketType::kFollowerInfo) {
    return fmt::format("began with {} ({})", name_of(packet.type()), packet.type_number);
  }
  auto info = decode_learner_info(packet.data);
  if (!info.ok()) return info.error().text;
  if (info->protocol_version < kPeerProtocolVersion) {
    return fmt::format("speaks protocol version 0x{:x}", info->protocol_version);
  }
  link.sid = info->sid;
  if (info->config_version > config_version) {
    return fmt::format("has configuration {:x}, ours is {:x}", info->config_version,
                       config_version);
  }
  return std::nullopt;
}

Result<std::optional<LearnerMessage>> learner_message(LinkId id, const LearnerProgress& link,
                                                      const QuorumPacket& packet) {
  using Message = std::optional<LearnerMessage>;
  switch (packet.type()) {
    case PacketType::kPing: {
      auto touches = decode_touches(packet.data);
      if (!touches.ok()) return touches.error();
      if (touches->empty()) return Message();
      return Message(TouchSessions{std::move(*touches)});
    }
    case PacketType::kRequest: {
      auto request = request_of(id, link.sid, packet);
      if (!request.ok()) return request.error();
      return Message(std::move(*request));
    }
    case PacketType::kRevalidate: {
      auto question = jute::decode<Revalidation>(packet.data.value_or(ByteView()));
      if (!question.ok()) return question.error();
      return Message(AskSession{id, *question});
    }
    case PacketType::kAck:
    case PacketType::kProposal:
    case PacketType::kCommit:
    case PacketType::kSync:
    case PacketType::kInform:
    case PacketType::kCommitAndActivate:
    case PacketType::kNewLeader:
    case PacketType::kFollowerInfo:
    case PacketType::kUpToDate:
    case PacketType::kDiff:
    case PacketType::kTrunc:
    case PacketType::kSnap:
    case PacketType::kObserverInfo:
    case PacketType::kLeaderInfo:
    case PacketType::kAckEpoch:
    case PacketType::kInformAndActivate:
      break;
  }
  return Error{ErrorKind::kInvalid, fmt::format("sent {} ({}) to its leader",
                                                name_of(packet.type()), packet.type_number)};
}

SharedBytes leader_info_packet(Epoch epoch) {
  return encode_packet(PacketType::kLeaderInfo, Zxid::make(epoch, 0),
                       encode_int_data(kPeerProtocolVersion));
}

std::vector<SharedBytes> packets_of(const SyncPlan& plan) {
  OKAPI_ASSERT(plan.kind == SyncPlan::Kind::kMemory);
  std::vector<SharedBytes> out;
  if (plan.op.has_value()) {
    bool diff = plan.op->kind == SyncOp::Kind::kDiff;
    out.push_back(encode_packet(diff ? PacketType::kDiff : PacketType::kTrunc, plan.op->zxid));
  }
  for (const EncodedTxn& txn : plan.committed) {
    out.push_back(proposal_packet(txn));
    out.push_back(encode_packet(PacketType::kCommit, txn.zxid));
  }
  return out;
}

std::variant<StreamLog, StreamSnapshot> stream_of(LinkId id, const SyncPlan& plan) {
  OKAPI_ASSERT(plan.kind != SyncPlan::Kind::kMemory);
  if (plan.kind == SyncPlan::Kind::kSnap) return StreamSnapshot{id};
  return StreamLog{id, plan.log_to, plan.walk};
}

bool too_many_syncs(const LearnerLinks& links, const LearnerProgress& link, SyncPlan::Kind kind,
                    const SyncBounds& bounds) {
  if (link.phase() == Phase::kStreaming) return false;
  auto streaming = std::count_if(links.begin(), links.end(), [](const auto& entry) {
    return entry.second.observer && entry.second.phase() == Phase::kStreaming;
  });
  size_t most = kind == SyncPlan::Kind::kSnap ? bounds.snap_max : bounds.diff_max;
  return static_cast<size_t>(streaming) >= most;
}

}  // namespace okapi
