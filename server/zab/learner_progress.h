// One learner as its leader sees it: how far the handshake is, whether it is heard of, which
// COMMITs wait for UPTODATE (peer-protocol spec 4.6, 5.6, 6.5). A part of Leader; time comes in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/time.h"

namespace okapi {

struct LearnerLimits {
  Nanos init_limit{};  // initLimit, syncLimit * tickTime
  Nanos sync_limit{};
  // COMMITs that wait for one learner's UPTODATE.
  size_t held_commits_max = 100'000;
};

class LearnerProgress {
 public:
  enum class Phase {
    kInfo,       // connected; FOLLOWERINFO or OBSERVERINFO is due
    kEpoch,      // waits for the new epoch to be chosen
    kAckEpoch,   // LEADERINFO sent
    kHistory,    // ACKEPOCH came; waits for the quorum of those
    kStreaming,  // its handler sends tree or log; not on the forward list
    kNewLeader,  // on the forward list, NEWLEADER sent
    kAcked,      // has all of it on disk; waits for the leader to serve
    kServing,    // UPTODATE sent
  };

  LearnerProgress(const LearnerLimits& limits, MonoTime now);

  Phase phase() const { return phase_; }
  void enter(Phase phase, MonoTime now);
  bool forwarded() const { return phase_ >= Phase::kNewLeader; }

  // Any packet came.
  void heard(MonoTime now);
  // Whether it counts as connected: until initLimit + syncLimit after the start, then until
  // syncLimit after its last packet.
  bool synced(MonoTime now) const { return now <= synced_until_; }
  MonoTime synced_until() const { return synced_until_; }
  // Why the link is to be closed, or nothing.
  std::optional<std::string> overdue(MonoTime now) const;

  // A PROPOSAL was sent; the learner acked everything up to `zxid`. Two samples are kept: the
  // oldest that is not acked and the newest, which takes its place. So each sample is timed
  // exactly, at O(1) per message.
  void proposed(Zxid zxid, MonoTime now);
  void acked(Zxid zxid);

  // Holds a COMMIT back until UPTODATE: servers of 3.8 lose one that comes in between
  // (ZOOKEEPER-4394). False: there are too many.
  bool hold(SharedBytes packet);
  std::vector<SharedBytes> take_held();

  ServerId sid;
  bool observer = false;  // it said OBSERVERINFO
  Zxid last_zxid;         // in its ACKEPOCH

 private:
  struct Sample {
    Zxid zxid;
    MonoTime sent;
  };
  LearnerLimits limits_;
  Phase phase_ = Phase::kInfo;
  MonoTime since_, heard_, synced_until_;
  std::optional<Sample> oldest_, newest_;
  std::vector<SharedBytes> held_;
};

}  // namespace okapi
