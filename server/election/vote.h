// What servers tell one another in an election, as values (peer-protocol spec 0.2, 2.3, 2.4). Any
// thread.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "common/base/ids.h"

namespace okapi {

// What a server is doing; the numbers are those of the wire.
enum class PeerState : int32_t { kLooking = 0, kFollowing = 1, kLeading = 2, kObserving = 3 };

// The leader in the vote of a server that may not be one, an observer for instance.
constexpr ServerId kNoCandidate{std::numeric_limits<int64_t>::min()};
// The zxid in the vote of a server whose disk may have lost what it promised: it elects nobody and
// nobody counts it (safety INV-B5).
constexpr Zxid kSuspectZxid{-1};

struct Vote {
  ServerId leader;
  Zxid zxid;          // last one in the log of the proposed leader
  int64_t round = 0;  // electionEpoch, logical clock: which election of the voter this is
  Epoch peer_epoch;   // currentEpoch of the proposed leader
  friend auto operator<=>(const Vote&, const Vote&) = default;
};

// The vote of an observer: for nobody.
constexpr Vote kObserverVote{kNoCandidate, Zxid(std::numeric_limits<int64_t>::min()), 0,
                             Epoch(std::numeric_limits<int64_t>::min())};

// Whether `a` names the better leader: the later epoch, then the longer log, then the larger id.
// Weights are the caller's to check.
inline bool is_better(const Vote& a, const Vote& b) {
  if (a.peer_epoch != b.peer_epoch) return a.peer_epoch > b.peer_epoch;
  if (a.zxid != b.zxid) return a.zxid > b.zxid;
  return a.leader > b.leader;
}

// A vote as it was heard: with what its sender was doing, and the version of its message.
struct CastVote {
  Vote vote;
  PeerState state = PeerState::kLooking;
  int32_t version = 0;
};

// Whether two votes count for the same outcome. Compat: members of a running ensemble may differ in
// round and zxid (ZK-1732, ZK-1805), so those count among LOOKING servers only; a message of the
// oldest versions is compared with a newer one by the leader alone. Pinned by vote_tally_test.
inline bool agree(const CastVote& a, const CastVote& b) {
  if (a.state == PeerState::kLooking || b.state == PeerState::kLooking) return a.vote == b.vote;
  if (a.vote.leader != b.vote.leader) return false;
  return (a.version > 0) != (b.version > 0) || a.vote.peer_epoch == b.vote.peer_epoch;
}

}  // namespace okapi
