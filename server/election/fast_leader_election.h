// One server's part in electing a leader (peer-protocol spec 2.2 to 2.6): messages and time in,
// ballots and at last a vote out. No clock, thread or socket; the same calls give the same
// answers. Owned by QuorumPeer. Over several elections the round only grows.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "common/base/time.h"
#include "server/election/election_mail.h"
#include "server/election/empty_data_rule.h"
#include "server/election/vote_tally.h"

namespace okapi {

struct ElectionTimes {
  // How long to wait for news before all are told again; doubles up to the maximum
  // (fastleader.minNotificationInterval, fastleader.maxNotificationInterval).
  Millis resend_min{200};
  Millis resend_max{60'000};
  // How long a quorum's vote waits for a better one; not at all once every voter has spoken
  // but those whose connection has ended.
  Millis finalize_wait{200};
};

// What a server says of itself when it begins to look.
struct Candidacy {
  bool participant = true;  // false: an observer, which votes for nobody
  Zxid last_logged{};       // of the synced log (safety INV-B4); kSuspectZxid votes for nobody
  Epoch current_epoch{};    // as on disk
  // There is nothing on the disk and nothing that says so must it be: EmptyDataRule decides.
  bool empty_data = false;
};

struct Elected {
  Vote vote;
  PeerState state = PeerState::kFollowing;  // what this server is to be
  std::set<ServerId> supporters;            // whose votes decided
};

struct ElectionEffects {
  std::vector<Ballot> send;
  std::optional<Elected> elected;  // the election is over
};

class FastLeaderElection {
 public:
  FastLeaderElection(ServerId self, const ElectionTimes& times) : self_(self), times_(times) {}

  // Begins an election; one under way is forgotten.
  ElectionEffects start_looking(const Candidacy& candidacy, ElectionConfigs configs, MonoTime now);
  // A message that the receiver's rules let through. Ignored when no election is under way.
  ElectionEffects on_notification(ServerId from, const Notification& message, MonoTime now);
  // The connection with a server stands, or has ended. Counts for this election and the next ones.
  void on_link(ServerId sid, bool up, MonoTime now);
  // Call when deadline() has come; earlier is harmless.
  ElectionEffects on_tick(MonoTime now);
  // Another membership begins the election anew; the same one under another version does not.
  ElectionEffects on_configs(ElectionConfigs configs, MonoTime now);
  // Ends the election without a result.
  void stop() { looking_ = false; }

  bool looking() const { return looking_; }
  std::optional<MonoTime> deadline() const;
  int64_t round() const { return round_; }
  const Vote& proposal() const { return proposal_; }
  // Whether this server has nothing on its disk and keeps its vote back for that: worth a warning.
  bool withholds() const { return withholds_; }

 private:
  Vote initial_vote() const;
  void next_round(MonoTime now, ElectionEffects& effects);
  void propose(Vote vote, MonoTime now, ElectionEffects& effects);
  void tell_all(MonoTime now, ElectionEffects& effects);
  void tell(ServerId to, ElectionEffects& effects) const;
  bool beats(const Vote& vote, const Vote& other) const;
  void on_looking(ServerId from, const Vote& vote, MonoTime now, ElectionEffects& effects);
  void on_settled(ServerId from, const Notification& message, ElectionEffects& effects);
  void count(MonoTime now);
  bool nobody_to_wait_for() const;
  void elect(const VoteTally& tally, const CastVote& outcome, ElectionEffects& effects);

  const ServerId self_;
  const ElectionTimes times_;
  Candidacy candidacy_;
  ElectionConfigs configs_;
  std::set<ServerId> gone_;  // connected once, and no more
  bool looking_ = false;
  int64_t round_ = 0;
  Vote proposal_;
  VoteTally received_;     // votes of this round
  VoteTally established_;  // votes of those who follow or lead, in whatever round
  EmptyDataRule empty_data_;
  bool withholds_ = false;
  Millis resend_interval_{};
  MonoTime resend_at_{};
  std::optional<MonoTime> finalize_at_;  // set while a quorum agrees with our proposal
};

}  // namespace okapi
