// The three things a new leader waits for, in this order (peer-protocol spec 4.5): a quorum that
// names its accepted epoch, so that a new one can be chosen; a quorum that took the new epoch and
// is not ahead of the leader; a quorum that has the leader's history on disk. A part of Leader: one
// thread, time comes in.
#pragma once

#include <optional>

#include "common/base/result.h"
#include "common/base/time.h"
#include "server/config/quorum_tracker.h"

namespace okapi {

class EpochGate {
 public:
  // In the reference's words: getEpochToPropose, waitForEpochAck, waitForNewLeaderAck, serving.
  enum class Phase { kEpoch, kHistory, kNewLeader, kEstablished };
  // An epoch is a signed 32-bit number on the wire; a peer that claims one near the end is refused
  // (safety X-QUO-07).
  static constexpr Epoch kAcceptedEpochMax{0x7FFF'FFFD};

  struct Options {
    ServerId self;
    Epoch accepted;  // the leader's own acceptedEpoch and currentEpoch,
    Epoch current;
    Zxid last_zxid;    // and the end of its log
    Nanos wait_max{};  // for each of the three: initLimit * tickTime
  };
  // The leader takes part at once with its own accepted epoch. `current` is the active
  // configuration, in which it votes; `last_seen` (may be null) counts for the third quorum if it
  // is newer.
  EpochGate(const Options& options, SharedQuorumConfig current, SharedQuorumConfig last_seen,
            MonoTime now);

  // A learner named its accepted epoch. Errors: out of range. Every server's epoch raises the new
  // one, but only voters count (ZOOKEEPER-2959).
  Status accept_epoch(ServerId sid, Epoch accepted, MonoTime now);
  // A learner took the epoch: its currentEpoch (nothing if it had taken this epoch before) and the
  // end of its log. Error: it is ahead of the leader; its link is closed. No check any more once
  // the quorum is there.
  Status ack_epoch(ServerId sid, std::optional<Epoch> current, Zxid last_zxid, MonoTime now);
  // A learner has everything up to NEWLEADER on disk.
  void ack_new_leader(ServerId sid);

  Phase phase() const { return phase_; }
  // The new epoch; highest so far + 1 before it is decided.
  Epoch epoch() const { return epoch_; }
  // Error: the leader waited too long for the phase's quorum and gives up.
  Status check(MonoTime now) const;

 private:
  void advance(MonoTime now);

  Options options_;
  SharedQuorumConfig config_;
  Phase phase_ = Phase::kEpoch;
  Epoch epoch_;
  QuorumTracker epochs_, histories_, new_leaders_;
  bool self_votes_;
  MonoTime since_;
};

}  // namespace okapi
