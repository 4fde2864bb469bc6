// The stages of one term of office: Prep (or the way to the leader), Sync, CommitProcessor,
// SessionTracker, Snapshot, and their connections to QuorumPeer and the Selectors. Built from a row
// of role_plan on QuorumPeer's home thread; taken down front to back. While it lives the TreeWriter
// and the TxnLogWriter are in it. A read-only one has nothing to write with, and a tracker alone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "server/database/replica_store.h"
#include "server/database/snapshot_task.h"
#include "server/peer/role_plan.h"
#include "server/request/commit_processor.h"
#include "server/request/container_reaper.h"
#include "server/request/prep_request_processor.h"
#include "server/request/sync_request_processor.h"
#include "server/request/term.h"

namespace okapi {

// How a stage runs: answered by assembly's thread_map.
using HomeOf = std::function<StageOptions(std::string_view stage)>;

// One Selector as the pipeline sees it.
struct WorkerDoor {
  Mailbox<TermMail>* terms = nullptr;
  Bell* bell = nullptr;
};

// QuorumPeer's side of a pipeline: what comes from it, and where it is told. The boxes outlive the
// pipeline by a step, as mail may still be under way.
struct PipelineEnds {
  Mailbox<Prepared> proposals;       // of Prep
  Mailbox<Logged> logged;            // of Sync
  Mailbox<SessionVerdict> verdicts;  // of a leader's SessionTracker
  // On a learner, for the leader.
  Mailbox<PrepMail> requests;
  Mailbox<Revalidation> questions;
  Mailbox<SessionTouch> touched;

  Sink<EncodedTxn> to_sync;
  Sink<CommitMail> to_commit;
  // Of a leader, what its learners send.
  Sink<PrepMail> to_prep;
  Sink<MembershipView> memberships;
  Sink<SessionMail> to_tracker;

  // TermBegins::serving_until; for ever unless the role says otherwise.
  std::atomic<MonoTime> serving_until{MonoTime::max()};

  // Once, before the pipeline is built.
  void attach(Bell& bell);
  void flush();
};

class RolePipeline {
 public:
  struct Parts {
    Env& env;
    const ServerConfig& config;
    const ProviderRegistry& registry;
    ZkDatabase& database;
    TreeLeases& leases;
    WatchTables& watches;
    const HomeOf& home_of;
    const std::vector<WorkerDoor>& doors;
    Mailbox<SessionsAnswer>& admin;
    SnapshotSettings snapshots;
  };
  struct Begin {
    Role role = Role::kStandalone;
    ServerId server;  // of the ids of the sessions made here
    Zxid last;        // Prep goes on behind it
    // Owners of ephemerals that the table of sessions does not know: they end when they would have,
    // had they been heard of last just now.
    std::vector<SessionId> orphans{};
    std::optional<MembershipView> membership{};  // of a leader
  };
  // Enrols the stages; they serve as soon as the Selectors took the mail.
  using Tokens = std::optional<ReplicaStore::Tokens>;  // none: read-only
  RolePipeline(const Parts& parts, const Begin& begin, Tokens tokens, PipelineEnds& ends);
  // Without stop() before it: as a crash, but for the threads.
  ~RolePipeline();
  RolePipeline(const RolePipeline&) = delete;
  RolePipeline& operator=(const RolePipeline&) = delete;

  // After the Selectors let go: takes the stages down, front to back; Sync logs and syncs what it
  // was given, CommitProcessor applies what is committed.
  Tokens stop();

  // A snapshot now, as after a roll of the log; `synced` is how far that is.
  void take_snapshot(Zxid synced) { snapshot_->progress.post(LogProgress{synced, true}); }

  // Then there are no Sync, CommitProcessor and Snapshot.
  bool is_read_only() const { return commit_ == nullptr; }
  // Null on a learner.
  const PrepRequestProcessor* prep() const { return prep_.get(); }
  SyncRequestProcessor& sync() { return *sync_; }
  CommitProcessor& commit() { return *commit_; }
  SessionTracker& tracker() { return *tracker_; }
  SnapshotTask& snapshot() { return *snapshot_; }

 private:
  void retire_stages();
  void build_tracker(const RolePlan& plan, const Begin& begin);
  void build_writers(const RolePlan& plan, const Begin& begin, ReplicaStore::Tokens tokens);
  void connect_tracker();
  void connect_writers(PipelineEnds& ends);
  void enroll();
  void tell_selectors(const RolePlan& plan, PipelineEnds& ends);

  Parts parts_;
  bool retired_ = false;
  std::vector<std::unique_ptr<WorkerFeed>> feeds_;
  std::unique_ptr<SnapshotTask> snapshot_;
  std::unique_ptr<SyncRequestProcessor> sync_;
  std::unique_ptr<PrepRequestProcessor> prep_;
  std::unique_ptr<CommitProcessor> commit_;
  std::unique_ptr<SessionTracker> tracker_;
  std::unique_ptr<ContainerReaper> reaper_;
};

}  // namespace okapi
