#include "server/zab/epoch_gate.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace okapi {

EpochGate::EpochGate(const Options& options, SharedQuorumConfig current,
                     SharedQuorumConfig last_seen, MonoTime now)
    : options_(options),
      config_(current),
      epoch_(options.accepted.value() + 1),
      epochs_(current),
      histories_(current),
      new_leaders_(current, last_seen),
      self_votes_(current->is_voter(options.self)),
      since_(now) {
  epochs_.add(options.self);
  advance(now);
}

Status EpochGate::accept_epoch(ServerId sid, Epoch accepted, MonoTime now) {
  if (accepted < Epoch(0) || accepted > kAcceptedEpochMax) {
    return Error{ErrorKind::kInvalid, fmt::format("accepted epoch {}", accepted.value())};
  }
  if (phase_ != Phase::kEpoch) return {};
  epoch_ = std::max(epoch_, Epoch(accepted.value() + 1));
  epochs_.add(sid);
  advance(now);
  return {};
}

Status EpochGate::ack_epoch(ServerId sid, std::optional<Epoch> current, Zxid last_zxid,
                            MonoTime now) {
  OKAPI_ASSERT(phase_ != Phase::kEpoch);
  if (phase_ != Phase::kHistory || !current.has_value()) return {};
  if (std::pair(*current, last_zxid) > std::pair(options_.current, options_.last_zxid)) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("is ahead of the leader: epoch {}, zxid 0x{:x}; ours are {}, 0x{:x}",
                             current->value(), last_zxid.value(), options_.current.value(),
                             options_.last_zxid.value())};
  }
  // A server without a trusted state (zxid -1) has no history to vouch for (INV-B5).
  if (last_zxid == Zxid(-1)) return {};
  histories_.add(sid);
  advance(now);
  return {};
}

void EpochGate::ack_new_leader(ServerId sid) {
  OKAPI_ASSERT(phase_ >= Phase::kNewLeader);
  new_leaders_.add(sid);
  advance(since_);
}

// Every phase begins with the leader's own consent. Its consent means nothing unless it is a voter.
void EpochGate::advance(MonoTime now) {
  if (!self_votes_) return;
  if (phase_ == Phase::kEpoch && epochs_.has_all_quorums()) {
    phase_ = Phase::kHistory;
    since_ = now;
    histories_.add(options_.self);
  }
  if (phase_ == Phase::kHistory && histories_.has_all_quorums()) {
    phase_ = Phase::kNewLeader;
    since_ = now;
    new_leaders_.add(options_.self);
  }
  if (phase_ == Phase::kNewLeader && new_leaders_.has_all_quorums()) {
    phase_ = Phase::kEstablished;
  }
}

Status EpochGate::check(MonoTime now) const {
  static constexpr const char* kWaitedFor[] = {"a new epoch", "the epoch's acks",
                                               "the acks of NEWLEADER"};
  if (phase_ == Phase::kEstablished || now - since_ < options_.wait_max) return {};
  return Error{ErrorKind::kBusy,
               fmt::format("no quorum for {} within {} ms", kWaitedFor[static_cast<int>(phase_)],
                           to_ms(options_.wait_max))};
}

}  // namespace okapi
