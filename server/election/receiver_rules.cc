#include "server/election/receiver_rules.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

void ReceiverRules::set_standing(Standing standing) {
  OKAPI_ASSERT(standing.configs.current != nullptr);
  if (!standing_ || standing_->configs.current != standing.configs.current) {
    own_text_ = standing.configs.current->text();
  }
  standing_ = std::move(standing);
}

// True if the membership changes with it: then the election begins anew and the message is stale.
// Compat: the reference believes anybody, and a stranger could make it follow an ensemble of his
// own; here only members are believed (X-ELE-09). Pinned by receiver_rules_test.
bool ReceiverRules::takes_config(ServerId from, const std::string& text, Verdict& verdict) {
  if (text.empty() || text == own_text_) return false;
  auto parsed = QuorumConfig::parse(text, membership_);
  if (!parsed.ok()) {
    verdict.refused = "its configuration cannot be read";
    return false;
  }
  const QuorumConfig& ours = *standing_->configs.current;
  if (parsed->version() <= ours.version()) return false;
  if (!standing_->configs.knows(from)) {
    verdict.refused = "a configuration is taken from members only";
    return false;
  }
  bool changes = !parsed->same_members(ours);
  auto config = std::make_shared<const QuorumConfig>(std::move(*parsed));
  verdict.news.emplace_back(NewerConfig{.from = from, .config = std::move(config)});
  return changes;
}

ReceiverRules::Verdict ReceiverRules::receive(ServerId from, Notification message, MonoTime now) {
  Verdict verdict;
  if (!standing_ || standing_->silent || from == self_) return verdict;
  bool we_look = standing_->state == PeerState::kLooking;
  if (we_look && takes_config(from, message.config_text, verdict)) return verdict;
  if (!standing_->configs.is_voter(from)) {
    // Compat: observers and joiners are answered at once, whatever they say and we do.
    answer(from, false, now, verdict);
    return verdict;
  }
  if (!message.state) return verdict;
  if (we_look) {
    verdict.news.emplace_back(Heard{.from = from, .message = std::move(message)});
  } else if (*message.state == PeerState::kLooking) {
    if (standing_->state == PeerState::kLeading) {
      verdict.news.emplace_back(DisloyalVoter{.sid = from});
    }
    answer(from, true, now, verdict);
  }
  // What is settled elsewhere is not answered: two settled servers would never end.
  return verdict;
}

void ReceiverRules::answer(ServerId to, bool sender_votes, MonoTime now, Verdict& verdict) {
  auto [found, fresh] = answered_.try_emplace(to);
  Answered& last = found->second;
  last.sender_votes = sender_votes;
  if (!fresh && now < last.next) {
    last.owes = true;
    return;
  }
  last.next = now + kAnswerGap;
  verdict.answer = ballot_for(to, sender_votes);
}

Ballot ReceiverRules::ballot_for(ServerId to, bool sender_votes) const {
  Ballot out{.to = {to},
             .state = standing_->state,
             .vote = standing_->vote,
             .config = standing_->configs.current};
  // Compat: to a voter the round of the vote, to others that of our clock.
  if (!sender_votes) out.vote.round = standing_->round;
  return out;
}

std::vector<Ballot> ReceiverRules::due(MonoTime now) {
  std::vector<Ballot> out;
  if (standing_ && standing_->silent) answered_.clear();
  for (auto entry = answered_.begin(); entry != answered_.end();) {
    Answered& last = entry->second;
    if (now < last.next) {
      ++entry;
      continue;
    }
    // A voter's question that was put off is void when we look ourselves: it asks again.
    bool still_asked = !last.sender_votes || standing_->state != PeerState::kLooking;
    if (last.owes && still_asked) {
      out.push_back(ballot_for(entry->first, last.sender_votes));
      last.owes = false;
      last.next = now + kAnswerGap;
      ++entry;
    } else {
      entry = answered_.erase(entry);
    }
  }
  return out;
}

std::optional<MonoTime> ReceiverRules::deadline() const {
  std::optional<MonoTime> out;
  for (const auto& [sid, last] : answered_) {
    if (last.owes && (!out || last.next < *out)) out = last.next;
  }
  return out;
}

}  // namespace okapi
