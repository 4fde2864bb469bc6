#include "server/zab/leader.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>

namespace okapi {
namespace {

// A fresh ensemble with reconfig gives its configuration a version (spec 4.4 step 4).
bool needs_version(const LeaderOptions& options, const SharedQuorumConfig& current,
                   const SharedQuorumConfig& last_seen) {
  return options.reconfig_enabled && current->version() == 0 &&
         (last_seen == nullptr || last_seen->version() == 0);
}

EpochGate::Options gate_options(const LeaderOptions& options) {
  return {options.self, options.accepted, options.current, options.last_zxid,
          options.limits.init_limit};
}

// The wire's id of an observer without one; never a voter's.
constexpr ServerId kNobody{std::numeric_limits<int64_t>::max()};

Zxid marker(Epoch epoch) { return Zxid::make(epoch, 0); }

}  // namespace

Leader::Leader(const LeaderOptions& options, SharedQuorumConfig current,
               SharedQuorumConfig last_seen, CommittedLog& committed, MonoTime now)
    : options_(options),
      config_(std::move(current)),
      last_seen_(std::move(last_seen)),
      committed_(committed),
      gate_(gate_options(options), config_, last_seen_, now) {
  OKAPI_ASSERT(committed.empty() || committed.max() == options.last_zxid);
}

LeaderCounts Leader::counts(MonoTime now) const {
  LeaderCounts out;
  out.learners = static_cast<int64_t>(links_.size());
  out.pending_syncs = static_cast<int64_t>(syncs_.size());
  for (const auto& [id, link] : links_) {
    if (link.phase() < Phase::kAcked || !link.synced(now)) continue;
    bool votes = config_->is_voter(link.sid);
    int64_t& count = link.observer ? out.synced_observers
                     : votes       ? out.synced_followers
                                   : out.synced_non_voting;
    ++count;
  }
  return out;
}

void Leader::begin(MonoTime now, LeaderEffects& out) { pass_gate(now, out); }

void Leader::connected(LinkId link, MonoTime now, LeaderEffects& out) {
  if (over_) return;
  // Bound of links in handshake (safety X-QUO-01).
  if (in_handshake(links_) >= 2 * config_->members().size()) {
    out.push_back(CloseLink{link, "too many learners in handshake"});
    return;
  }
  links_.emplace(link, LearnerProgress(options_.limits, now));
}

void Leader::received(LinkId id, const QuorumPacket& packet, MonoTime now, LeaderEffects& out) {
  auto found = links_.find(id);
  if (over_ || found == links_.end()) return;
  // What has waited here while this process stood still is no sign of a follower.
  if (found->second.phase() == Phase::kServing && !found->second.synced(now)) {
    return close(id, "was not heard of in time", out);
  }
  found->second.heard(now);
  auto why = take(id, found->second, packet, now, out);
  if (why.has_value()) close(id, *why, out);
}

void Leader::disconnected(LinkId id) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  ServerId sid = found->second.sid;
  links_.erase(found);
  membership_changed_ = true;
  std::erase_if(syncs_, [id](const WaitingSync& sync) {
    const auto* link = std::get_if<LinkId>(&sync.who);
    return link != nullptr && *link == id;
  });
  if (ledger_.has_value()) ledger_->forget(sid);
}

void Leader::close(LinkId id, const std::string& why, LeaderEffects& out) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  out.push_back(CloseLink{id, fmt::format("learner {}: {}", found->second.sid.value(), why)});
  disconnected(id);
}

void Leader::step_down(std::string why, LeaderEffects& out) {
  over_ = true;
  out.push_back(StepDown{std::move(why)});
}

// Answers why the link must end.
std::optional<std::string> Leader::take(LinkId id, LearnerProgress& link,
                                        const QuorumPacket& packet, MonoTime now,
                                        LeaderEffects& out) {
  auto unexpected = [&] {
    return fmt::format("sent {} ({}) in its handshake", name_of(packet.type()), packet.type_number);
  };
  switch (link.phase()) {
    case Phase::kInfo:
      return take_info(id, link, packet, now, out);
    case Phase::kAckEpoch: {
      if (packet.type() != PacketType::kAckEpoch) return unexpected();
      auto why = take_ack_epoch(link, packet, now);
      if (why.has_value()) return why;
      if (passed_ >= EpochGate::Phase::kNewLeader) begin_sync(id, link, false, now, out);
      pass_gate(now, out);
      return std::nullopt;
    }
    case Phase::kEpoch:
    case Phase::kHistory:
    case Phase::kStreaming:
      return unexpected();
    case Phase::kNewLeader:
      if (packet.type() != PacketType::kAck) return unexpected();
      // Compat: a 3.8 learner may ack a proposal first (ZOOKEEPER-4685).
      if (packet.zxid != marker(epoch())) return take_ack(link, packet.zxid, out);
      link.enter(Phase::kAcked, now);
      membership_changed_ = true;
      link.heard(now);
      if (!link.observer) gate_.ack_new_leader(link.sid);
      if (serving_) up_to_date(id, link, now, out);
      pass_gate(now, out);
      return std::nullopt;
    case Phase::kAcked:
      if (packet.type() != PacketType::kAck) return unexpected();
      return take_ack(link, packet.zxid, out);
    case Phase::kServing:
      return take_broadcast(id, link, packet, out);
  }
  return unexpected();
}

std::optional<std::string> Leader::take_info(LinkId id, LearnerProgress& link,
                                             const QuorumPacket& packet, MonoTime now,
                                             LeaderEffects& out) {
  auto wrong = take_learner_info(link, packet, config_->version());
  if (wrong.has_value()) return wrong;
  if (auto why = refuse_double(link, now, out); why.has_value()) return why;
  // Whoever says OBSERVERINFO has no voice in this term, whatever the configuration says.
  ServerId voice = link.observer ? kNobody : link.sid;
  auto accepted = gate_.accept_epoch(voice, packet.zxid.epoch(), now);
  if (!accepted.ok()) return accepted.error().text;
  if (packet.zxid.epoch() > epoch() && config_->is_voter(voice)) {
    // The reference goes on, and this voter is shut out until some other cause ends the term.
    step_down(fmt::format("voter {} has accepted epoch {}, ours is {}", link.sid.value(),
                          packet.zxid.epoch().value(), epoch().value()),
              out);
    return std::nullopt;
  }
  link.enter(Phase::kEpoch, now);
  if (passed_ >= EpochGate::Phase::kHistory) {
    out.push_back(SendTo{id, leader_info_packet(epoch())});
    link.enter(Phase::kAckEpoch, now);
  }
  pass_gate(now, out);
  return std::nullopt;
}

// Safety X-QUO-04: a second link with this id, or with the leader's own.
std::optional<std::string> Leader::refuse_double(const LearnerProgress& link, MonoTime now,
                                                 LeaderEffects& out) {
  if (link.sid == options_.self) return "has the leader's own id";
  for (const auto& [id, other] : links_) {
    if (&other == &link || other.phase() == Phase::kInfo || other.sid != link.sid) continue;
    if (!options_.peers_authenticated && other.synced(now)) return "is connected already";
    close(id, "came back on a newer link", out);
    break;
  }
  return std::nullopt;
}

std::optional<std::string> Leader::take_ack_epoch(LearnerProgress& link, const QuorumPacket& packet,
                                                  MonoTime now) {
  auto number = decode_int_data(packet.data);
  if (!number.ok()) return number.error().text;
  std::optional<Epoch> current;
  if (*number != -1) current = Epoch(*number);
  link.last_zxid = packet.zxid;
  ServerId voice = link.observer ? kNobody : link.sid;
  auto acked = gate_.ack_epoch(voice, current, packet.zxid, now);
  if (!acked.ok()) return acked.error().text;
  link.enter(Phase::kHistory, now);
  return std::nullopt;
}

// Tells everybody how far the gate has come. Files first: what they promise is in the packets.
void Leader::pass_gate(MonoTime now, LeaderEffects& out) {
  if (passed_ < EpochGate::Phase::kHistory && gate_.phase() >= EpochGate::Phase::kHistory) {
    passed_ = EpochGate::Phase::kHistory;
    out.push_back(PersistAcceptedEpoch{epoch()});
    SharedBytes info = leader_info_packet(epoch());
    for (auto& [id, link] : links_) {
      if (link.phase() != Phase::kEpoch) continue;
      out.push_back(SendTo{id, info});
      link.enter(Phase::kAckEpoch, now);
    }
    ledger_.emplace(config_, marker(epoch()));
    if (needs_version(options_, config_, last_seen_)) {
      last_seen_ =
          std::make_shared<const QuorumConfig>(config_->with_version(marker(epoch()).value()));
      out.push_back(StoreNextConfig{last_seen_});
    }
  }
  if (passed_ < EpochGate::Phase::kNewLeader && gate_.phase() >= EpochGate::Phase::kNewLeader) {
    passed_ = EpochGate::Phase::kNewLeader;
    out.push_back(PersistCurrentEpoch{epoch()});
    std::vector<LinkId> waiting;
    for (auto& [id, link] : links_) {
      if (link.phase() == Phase::kHistory) waiting.push_back(id);
    }
    for (LinkId id : waiting) begin_sync(id, links_.at(id), false, now, out);
  }
  if (passed_ < EpochGate::Phase::kEstablished && gate_.phase() == EpochGate::Phase::kEstablished) {
    passed_ = EpochGate::Phase::kEstablished;
    establish(now, out);
  }
}

void Leader::establish(MonoTime now, LeaderEffects& out) {
  if (last_seen_ != nullptr && last_seen_->version() > config_->version()) {
    ServerId leader = designated_leader(*last_seen_, Zxid());
    allowed_to_commit_ = leader == options_.self;
    out.push_back(ActivateConfig{last_seen_, leader, marker(epoch())});
    config_ = last_seen_;
    ledger_.emplace(config_, marker(epoch()));
  }
  serving_ = true;
  note_contact();
  out.push_back(StartServing{epoch()});
  for (auto& [id, link] : links_) {
    if (link.phase() == Phase::kAcked) up_to_date(id, link, now, out);
  }
}

}  // namespace okapi
