// How a learner is brought up to the leader: DIFF, TRUNC or SNAP (peer-protocol spec 5.1 to 5.3).
// Pure functions over values, called by QuorumPeer in the very step that puts the learner on the
// forward list (ZOOKEEPER-962), so they look at memory only. What needs the disk is left to the
// learner's handler, which asks again from where it came to.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/database/committed_log.h"

namespace okapi {

// The packet that opens the synchronisation. Its zxid: where DIFF leads to (informational), what
// TRUNC keeps, the stamp of a SNAP.
struct SyncOp {
  enum class Kind { kDiff, kTrunc, kSnap };
  Kind kind = Kind::kDiff;
  Zxid zxid;
  friend bool operator==(const SyncOp&, const SyncOp&) = default;
};
std::string_view name_of(SyncOp::Kind kind);

// The walk over committed proposals, oldest first, that decides between DIFF and TRUNC by what lies
// around the learner's last zxid (spec 5.3).
class CommittedWalk {
 public:
  // `peer`: the learner's last zxid. `diff_to`: the leader's last committed one.
  CommittedWalk(Zxid peer, Zxid diff_to) : peer_(peer), diff_to_(diff_to), reached_(peer) {}
  // The learner is at `reached` and the opening packet is out: the walk sends what follows.
  static CommittedWalk opened_at(Zxid reached);

  struct Step {
    std::optional<SyncOp> op;  // goes out first
    bool send = false;         // then this proposal and its COMMIT
    bool stop = false;         // nothing fits: SNAP
  };
  Step next(Zxid proposal);
  // After the last proposal: the packet that is still due, if any.
  std::optional<SyncOp> finish();

  bool opened() const { return opened_; }
  // The learner's last zxid after what was sent so far.
  Zxid reached() const { return reached_; }

 private:
  SyncOp open(SyncOp::Kind kind, Zxid zxid);

  Zxid peer_, diff_to_, reached_;
  std::optional<Zxid> previous_;
  bool opened_ = false;
};

// Zxid of NEWLEADER, never of a transaction: the counter is zero.
constexpr bool is_epoch_marker(Zxid zxid) { return zxid.counter() == 0; }

struct SyncInput {
  const CommittedLog& committed;
  Zxid last_processed;      // last committed zxid; the epoch's marker before its first
  Zxid peer;                // the learner's last zxid
  bool force_snap = false;  // forceSnapshotSync, or the disk was not as an earlier plan had it
  // The log on disk begins here. Empty: not to be used (snapshotSizeFactor < 0).
  std::optional<Zxid> log_from;
};

struct SyncPlan {
  enum class Kind {
    kMemory,  // all is here: `op`, `committed`, then what is outstanding and NEWLEADER
    kLog,     // the handler takes its log up to `log_to` through `walk`
    kSnap,    // the handler sends the tree
  };
  Kind kind = Kind::kSnap;
  std::optional<SyncOp> op;           // empty if it went out before
  std::vector<EncodedTxn> committed;  // each as PROPOSAL and COMMIT
  Zxid reached;                       // the learner's last zxid after those
  Zxid log_to;                        // kLog: records above it are in memory
  CommittedWalk walk{Zxid(), Zxid()};
};

// For a learner that has named its last zxid.
SyncPlan plan_sync(const SyncInput& input);
// For one that the handler has brought to `input.peer` by SNAP or from the log: what is missing. A
// kSnap here means that the gap cannot be closed: the link ends, the learner begins anew.
SyncPlan continue_sync(const SyncInput& input);

}  // namespace okapi
