// What QuorumPeer and its roles count for the status board. Written by QuorumPeer, read by any
// thread.
#pragma once

#include <atomic>

#include "common/base/metrics.h"
#include "server/request/admin_mail.h"
#include "server/zab/leader.h"

namespace okapi {

struct RoleMetrics {
  Counter proposed;
  Counter looking;      // elections begun
  Summary election_ms;  // from LOOKING to a leader
  Counter snap_syncs;   // learners that were sent a snapshot
  ProposalSizes proposals;

  // While this server leads.
  std::atomic<int64_t> leading_since_ms{-1};  // monotonic; -1: it does not
  std::atomic<int64_t> learners{0}, synced_followers{0}, synced_non_voting{0}, pending_syncs{0};
  // While it leads or follows; -1: it does neither.
  std::atomic<int64_t> synced_observers{-1};

  void note_proposal(size_t bytes) {
    proposed.add();
    proposals.note(bytes);
  }
  void note(const LeaderCounts& now) {
    auto relaxed = std::memory_order_relaxed;
    learners.store(now.learners, relaxed);
    synced_followers.store(now.synced_followers, relaxed);
    synced_non_voting.store(now.synced_non_voting, relaxed);
    synced_observers.store(now.synced_observers, relaxed);
    pending_syncs.store(now.pending_syncs, relaxed);
  }
};

}  // namespace okapi
