// A learner from its first packet to UPTODATE: discovery and synchronisation (peer-protocol spec
// 4.3, 5.5). What NEWLEADER covers is on disk before currentEpoch is written, and that before the
// ack leaves (ZOOKEEPER-3911, 4643, 4646); nothing else is acked here (4685). A part of Learner.
//
// After DIFF and TRUNC the committed transactions are logged and applied together at NEWLEADER.
// After SNAP they go into memory, and NEWLEADER writes a snapshot of it.
#pragma once

#include <deque>
#include <optional>

#include "common/base/time.h"
#include "server/txn/proposal.h"
#include "server/zab/effects.h"

namespace okapi {

struct LearnerOptions {
  ServerId self, leader;
  bool observer = false;
  // An observer's: the follower at the other end, if that is not the leader. It may be behind us.
  std::optional<ServerId> master = {};
  Epoch accepted, current;  // the epoch files
  Zxid last_zxid;           // end of the own log; tree and CommittedLog are there too
  // Known to be committed since this process began: a leader never takes that back.
  Zxid committed;
  SharedQuorumConfig config;
  MembershipRules rules = {};
  bool reconfig_enabled = false;
  Nanos init_limit{};  // initLimit, syncLimit * tickTime
  Nanos sync_limit{};
  // Transactions of the synchronisation that are kept in memory until NEWLEADER.
  size_t queue_bytes_max = size_t{1} << 30;
  // Entries in one PING answer (the rest waits for the next): within the peers' packet bound.
  size_t touches_max = 60'000;
};

// Whether `next` may stand behind `last` in the log: its successor, or the first of a later epoch.
constexpr bool follows(Zxid last, Zxid next) {
  return next == last.next() || (next.epoch() > last.epoch() && next.counter() == 1);
}

class LearnerSync {
 public:
  // Which packets are due; kStorage: none, until the tree or the log is what it should be.
  enum class Phase { kLeaderInfo, kOp, kStorage, kStream, kUpToDate, kDone };

  explicit LearnerSync(const LearnerOptions& options);
  void begin(LearnerEffects& out);
  // Error: the link must end; the text does not name the leader yet.
  Status received(const QuorumPacket& packet, LearnerEffects& out);
  // After TruncateLog: whether the log holds the place. Error: it does not; the history is to be
  // wiped.
  Status truncated(bool found);
  void snapshot_loaded();

  Phase phase() const { return phase_; }
  Epoch epoch() const { return epoch_; }
  // Set by an error: GiveUp::designated; a TRUNC below what is committed.
  std::optional<ServerId> designated() const { return designated_; }
  bool two_histories() const { return two_histories_; }
  const SharedQuorumConfig& config() const { return config_; }

  // After kDone: what is neither logged nor committed by NEWLEADER, oldest first; the first
  // `committed_count` are committed.
  struct Rest {
    std::deque<EncodedTxn> queue;
    size_t committed_count = 0;
    Zxid last_queued, last_applied;
  };
  Rest take_rest();

 private:
  Status take_leader_info(const QuorumPacket& packet, LearnerEffects& out);
  Status take_op(const QuorumPacket& packet, LearnerEffects& out);
  Status take_stream(const QuorumPacket& packet, LearnerEffects& out);
  Status take_proposal(const QuorumPacket& packet, LearnerEffects& out);
  Status take_commit(const QuorumPacket& packet, LearnerEffects& out);
  Status take_inform(const QuorumPacket& packet, LearnerEffects& out);
  Status enqueue(EncodedTxn txn, LearnerEffects& out);
  Status commit_next(std::optional<ServerId> designated, LearnerEffects& out);
  Status activate(SharedQuorumConfig config, std::optional<ServerId> designated, Zxid zxid,
                  LearnerEffects& out);
  Status take_new_leader(const QuorumPacket& packet, LearnerEffects& out);
  Status take_up_to_date(LearnerEffects& out);

  const LearnerOptions options_;
  Phase phase_ = Phase::kLeaderInfo;
  Epoch epoch_;
  SharedQuorumConfig config_;
  SharedQuorumConfig from_new_leader_;
  SharedQuorumConfig proposed_;  // by the last reconfig in the synchronisation
  bool direct_ = false;          // after SNAP, before NEWLEADER: apply in memory
  Zxid applied_;                 // where DIFF, TRUNC or SNAP left us
  Zxid last_queued_;
  std::deque<EncodedTxn> queue_;
  size_t committed_count_ = 0;  // of the queue's front
  size_t queue_bytes_ = 0;
  std::optional<ServerId> designated_;
  bool two_histories_ = false;
};

}  // namespace okapi
