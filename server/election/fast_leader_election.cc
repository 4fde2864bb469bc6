#include "server/election/fast_leader_election.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

ElectionEffects FastLeaderElection::start_looking(const Candidacy& candidacy,
                                                  ElectionConfigs configs, MonoTime now) {
  OKAPI_ASSERT(configs.current != nullptr);
  candidacy_ = candidacy;
  configs_ = std::move(configs);
  looking_ = true;
  withholds_ = false;
  established_.clear();
  empty_data_.clear();
  ElectionEffects effects;
  next_round(now, effects);
  return effects;
}

Vote FastLeaderElection::initial_vote() const {
  if (!candidacy_.participant) return kObserverVote;
  if (candidacy_.empty_data && !withholds_) {
    const Vote* best = empty_data_.best();
    if (best != nullptr && configs_.current->weight(best->leader) != 0) {
      return {best->leader, best->zxid, round_, best->peer_epoch};
    }
  }
  // A participant that the configuration does not name yet may not lead.
  return {.leader = configs_.current->is_voter(self_) ? self_ : kNoCandidate,
          .zxid = withholds_ ? kSuspectZxid : candidacy_.last_logged,
          .round = round_,
          .peer_epoch = candidacy_.current_epoch};
}

void FastLeaderElection::next_round(MonoTime now, ElectionEffects& effects) {
  // Compat: a round that a peer drove to the end of the numbers wraps, as the reference's does.
  round_ = static_cast<int64_t>(static_cast<uint64_t>(round_) + 1);
  received_.clear();
  propose(initial_vote(), now, effects);
}

void FastLeaderElection::propose(Vote vote, MonoTime now, ElectionEffects& effects) {
  proposal_ = vote;
  proposal_.round = round_;
  finalize_at_.reset();
  resend_interval_ = times_.resend_min;
  if (configs_.is_voter(self_) && configs_.is_voter(proposal_.leader) &&
      initial_vote().zxid != kSuspectZxid) {
    received_.put(self_, {.vote = proposal_});
  }
  tell_all(now, effects);
  count(now);
}

void FastLeaderElection::tell_all(MonoTime now, ElectionEffects& effects) {
  Ballot ballot{
      .to = {}, .state = PeerState::kLooking, .vote = proposal_, .config = configs_.current};
  for (ServerId sid : configs_.voters()) {
    if (sid != self_) ballot.to.push_back(sid);
  }
  resend_at_ = now + resend_interval_;
  if (!ballot.to.empty()) effects.send.push_back(std::move(ballot));
}

void FastLeaderElection::tell(ServerId to, ElectionEffects& effects) const {
  effects.send.push_back(
      {.to = {to}, .state = PeerState::kLooking, .vote = proposal_, .config = configs_.current});
}

bool FastLeaderElection::beats(const Vote& vote, const Vote& other) const {
  return configs_.current->weight(vote.leader) != 0 && is_better(vote, other);
}

ElectionEffects FastLeaderElection::on_notification(ServerId from, const Notification& message,
                                                    MonoTime now) {
  ElectionEffects effects;
  if (!looking_ || from == self_ || !message.state || !configs_.is_voter(from)) return effects;
  bool sender_looks = *message.state == PeerState::kLooking;
  if (sender_looks && message.vote.round < round_) tell(from, effects);
  if (!configs_.is_voter(message.vote.leader)) return effects;
  if (candidacy_.empty_data) {
    empty_data_.heard(from, message);
    bool withhold = empty_data_.must_withhold(configs_, self_);
    if (std::exchange(withholds_, withhold) != withhold) next_round(now, effects);
  }
  if (sender_looks) {
    on_looking(from, message.vote, now, effects);
  } else if (*message.state != PeerState::kObserving) {
    on_settled(from, message, effects);
    if (looking_) count(now);
  }
  return effects;
}

void FastLeaderElection::on_looking(ServerId from, const Vote& vote, MonoTime now,
                                    ElectionEffects& effects) {
  Vote initial = initial_vote();
  if (initial.zxid == kSuspectZxid || vote.zxid == kSuspectZxid || vote.round < round_) return;
  if (vote.round > round_) {
    // One server that begins again and again must not keep a quorum from its decision.
    if (finalize_at_ && !beats(vote, proposal_)) return;
    round_ = vote.round;
    received_.clear();
    received_.put(from, {.vote = vote});
    propose(beats(vote, initial) ? vote : initial, now, effects);
    return;
  }
  received_.put(from, {.vote = vote});
  if (beats(vote, proposal_)) return propose(vote, now, effects);
  // It may have begun to look only after our vote came to it: the reference lets it wait until all
  // are told again.
  if (vote != proposal_) tell(from, effects);
  count(now);
}

// Compat: the reference counts first the votes of this round, then those of settled servers in any
// round, so that a late server finds an ensemble that never was in its round (ZK-1732). Either way
// the leader itself must have been heard to lead. Pinned by fast_leader_election_test.
void FastLeaderElection::on_settled(ServerId from, const Notification& message,
                                    ElectionEffects& effects) {
  const Vote& vote = message.vote;
  CastVote cast{.vote = vote, .state = *message.state, .version = message.version};
  auto leader_is_sure = [&](const VoteTally& tally) {
    return vote.leader == self_ ? vote.round == round_ : tally.leads(vote.leader);
  };
  if (vote.round == round_) {
    received_.put(from, {.vote = vote, .state = *message.state});
    if (received_.has_quorum(configs_, cast) && leader_is_sure(received_)) {
      return elect(received_, cast, effects);
    }
  }
  established_.put(from, cast);
  // Compat: the reference asks the votes for a quorum of the proposed configuration, too, so that a
  // server that alone has a proposal of its dead leader never comes back. Who leads already did not
  // need one, or it needs it still when it begins to lead.
  ElectionConfigs committed{.current = configs_.current, .last_seen = nullptr};
  if (established_.has_quorum(committed, cast) && leader_is_sure(established_)) {
    round_ = vote.round;
    elect(established_, cast, effects);
  }
}

void FastLeaderElection::count(MonoTime now) {
  if (!received_.has_quorum(configs_, {.vote = proposal_})) {
    finalize_at_.reset();
    return;
  }
  if (!finalize_at_) finalize_at_ = now + times_.finalize_wait;
  if (nobody_to_wait_for()) finalize_at_ = std::min(*finalize_at_, now);
}

bool FastLeaderElection::nobody_to_wait_for() const {
  std::set<ServerId> voters = configs_.voters();
  return std::all_of(voters.begin(), voters.end(), [&](ServerId sid) {
    return sid == self_ || received_.has(sid) || gone_.contains(sid);
  });
}

void FastLeaderElection::on_link(ServerId sid, bool up, MonoTime now) {
  if (up) {
    gone_.erase(sid);
  } else if (gone_.insert(sid).second && looking_) {
    count(now);
  }
}

void FastLeaderElection::elect(const VoteTally& tally, const CastVote& outcome,
                               ElectionEffects& effects) {
  OKAPI_ASSERT(looking_ && configs_.is_voter(outcome.vote.leader));
  PeerState state = PeerState::kLeading;
  if (outcome.vote.leader != self_) {
    state = candidacy_.participant ? PeerState::kFollowing : PeerState::kObserving;
  }
  effects.elected =
      Elected{.vote = outcome.vote, .state = state, .supporters = tally.supporters(outcome)};
  looking_ = false;
}

ElectionEffects FastLeaderElection::on_tick(MonoTime now) {
  ElectionEffects effects;
  if (!looking_) return effects;
  // Compat: the reference waits for 200 ms without any message, so that a peer that babbles holds
  // an election up for ever; here messages that change nothing do not make the wait longer.
  if (finalize_at_ && now >= *finalize_at_) {
    elect(received_, {.vote = proposal_}, effects);
  } else if (now >= resend_at_) {
    resend_interval_ = std::min(resend_interval_ * 2, times_.resend_max);
    tell_all(now, effects);
  }
  return effects;
}

ElectionEffects FastLeaderElection::on_configs(ElectionConfigs configs, MonoTime now) {
  OKAPI_ASSERT(configs.current != nullptr);
  if (looking_ && !configs.same_members(configs_)) {
    return start_looking(candidacy_, std::move(configs), now);
  }
  configs_ = std::move(configs);
  return {};
}

std::optional<MonoTime> FastLeaderElection::deadline() const {
  if (!looking_) return std::nullopt;
  return finalize_at_ ? std::min(*finalize_at_, resend_at_) : resend_at_;
}

}  // namespace okapi
