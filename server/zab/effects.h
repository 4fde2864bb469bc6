// What Leader, Learner and ObserverMaster want done. The stage that hosts them does each effect to
// its end, in the order given, before the part's next input; so a message never leaves before the
// file that it speaks of is written. A failed write ends the process.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/proto/acl.h"
#include "common/proto/learner_info.h"
#include "server/config/quorum_config.h"
#include "server/txn/encoded_txn.h"
#include "server/zab/sync_plan.h"

namespace okapi {

// --- of both ---

// Files acceptedEpoch and currentEpoch: durable, then memory.
struct PersistAcceptedEpoch {
  Epoch epoch;
};
struct PersistCurrentEpoch {
  Epoch epoch;
};
// The configuration that was proposed last (setLastSeen; `.dynamic.next`).
struct StoreNextConfig {
  SharedQuorumConfig config;
};
// processReconfig: the configuration is the active one from here on.
struct ActivateConfig {
  SharedQuorumConfig config;
  std::optional<ServerId> designated;
  Zxid zxid;
};
// The pipeline is built; clients are served.
struct StartServing {
  Epoch epoch;
};
// To Sync. It answers with logged() once the txn is on disk.
struct LogTxn {
  EncodedTxn txn;
};
// To CommitProcessor. The part has put it into CommittedLog.
struct CommitTxn {
  EncodedTxn txn;
  // Of a learner: who leads on, by the reconfig that this is; observers behind it are told.
  std::optional<ServerId> designated = {};
};

// SyncDone goes to CommitProcessor, in its place among the transactions.

// --- of whoever has learners: the leader, an observer master ---

struct SendTo {
  LinkId link;
  SharedBytes bytes;  // whole packets
};
// The reason names the peer. The part has forgotten the link.
struct CloseLink {
  LinkId link;
  std::string why;
};
// The handler takes the records of its log up to `log_to` through `walk` and sends what that says;
// then log_sent(), or log_unusable(). The network may be slow: it does not wait for it.
struct StreamLog {
  LinkId link;
  Zxid log_to;
  CommittedWalk walk;
};
// The handler sends a SNAP packet and the tree; then snapshot_sent().
struct StreamSnapshot {
  LinkId link;
};
// AskSession goes to SessionTracker, which answers with Leader::revalidated; TouchSessions too. Of
// an observer master both go to Learner.

// To Prep, syncs too: they come back through Leader::sync in their place among the proposals. Of an
// observer master: to Learner::request.
struct ForwardToPrep {
  LinkId link;
  ServerId sid;
  SessionId session;
  int32_t cxid = 0;
  int32_t op = 0;
  std::string body;
  std::vector<Identity> identities;
};

// --- of the leader ---

// The term is over; every later input is ignored.
struct StepDown {
  std::string why;
};

using LeaderEffect =
    std::variant<PersistAcceptedEpoch, PersistCurrentEpoch, StoreNextConfig, ActivateConfig,
                 StartServing, LogTxn, CommitTxn, SyncDone, SendTo, CloseLink, StreamLog,
                 StreamSnapshot, ForwardToPrep, AskSession, TouchSessions, StepDown>;
using LeaderEffects = std::vector<LeaderEffect>;

// --- of a learner ---

struct SendToLeader {
  SharedBytes bytes;
};
// The log ends behind `keep`, synced; newer snapshots are set aside; tree and CommittedLog are
// reloaded. Then Learner::truncated.
struct TruncateLog {
  Zxid keep;
};
// Tree and CommittedLog are cleared; the raw stream behind the packet is loaded. Then
// Learner::snapshot_loaded, or the link is lost.
struct LoadSnapshot {
  Zxid zxid;
};
// ZkDatabase::apply, CommittedLog included; nobody is served yet.
struct ApplyTxn {
  EncodedTxn txn;
};
// TxnLogWriter::append, while QuorumPeer holds the writer, and its commit.
struct AppendTxn {
  EncodedTxn txn;
};
struct SyncLog {};
// The tree as it is, synced and under its final name; the log goes on in a new file behind `zxid`.
struct WriteSnapshot {
  Zxid zxid;
};
// SessionAnswer goes to CommitProcessor, in its place among the transactions. What an observer
// behind this follower has asked goes back to it, in the same place.
struct RelaySession {
  LinkId link;
  SessionAnswer answer;
};
struct RelaySync {
  LinkId link;
};

// What was proposed beyond `newest` is void: its proposal is not in the history any more.
struct VoidNextConfig {
  SharedQuorumConfig newest;
};

// Close the link and go LOOKING. In an unfinished synchronisation memory is thrown away and
// reloaded from disk (ZOOKEEPER-3642, 5094).
struct GiveUp {
  std::string why;  // names the leader
  bool reload = false;
  // The history cannot be cut where the leader says: set it aside and ask for all of it.
  bool wipe = false;
  // A committed reconfig gave us another role or leader, and this is who leads on: no election is
  // needed to go there.
  std::optional<ServerId> designated = {};
};
// Two histories: an operator has to look (safety X-QUO-10).
struct EndProcess {
  std::string why;
};

using LearnerEffect =
    std::variant<PersistAcceptedEpoch, PersistCurrentEpoch, StoreNextConfig, ActivateConfig,
                 StartServing, LogTxn, CommitTxn, SendToLeader, TruncateLog, LoadSnapshot, ApplyTxn,
                 AppendTxn, SyncLog, WriteSnapshot, VoidNextConfig, SessionAnswer, SyncDone,
                 RelaySession, RelaySync, GiveUp, EndProcess>;
using LearnerEffects = std::vector<LearnerEffect>;

}  // namespace okapi
