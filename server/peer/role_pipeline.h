// The stages of one term of office: Prep, Sync, CommitProcessor, SessionTracker, Snapshot, and
// their connections to QuorumPeer and the Selectors. Built from a row of role_plan on QuorumPeer's
// home thread; taken down front to back. While it lives the TreeWriter and the TxnLogWriter are in
// it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "server/database/recovery.h"
#include "server/database/snapshot_task.h"
#include "server/peer/quorum_peer.h"
#include "server/peer/role_plan.h"
#include "server/request/commit_processor.h"
#include "server/request/container_reaper.h"
#include "server/request/prep_request_processor.h"
#include "server/request/term.h"

namespace okapi {

// How a stage runs: answered by assembly's thread_map.
using HomeOf = std::function<StageOptions(std::string_view stage)>;

// One Selector as the pipeline sees it.
struct WorkerDoor {
  Mailbox<TermMail>* terms = nullptr;
  Mailbox<SessionOrder>* session_orders = nullptr;
  Bell* bell = nullptr;
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
    QuorumPeer& peer;
    Bell& peer_bell;
    const HomeOf& home_of;
    const std::vector<WorkerDoor>& doors;
    Mailbox<SessionsAnswer>& admin;
  };
  // Enrols the stages; they serve as soon as the Selectors took the mail. `last` is where the
  // history ends.
  RolePipeline(const Parts& parts, const RolePlan& plan, TreeWriter writer, TxnLogWriter log,
               const SnapshotSettings& snapshots, Zxid last);
  RolePipeline(const RolePipeline&) = delete;
  RolePipeline& operator=(const RolePipeline&) = delete;

  // After the Selectors have retired, front to back: what prepares; then QuorumPeer retires; then
  // what logs and applies.
  void stop_front();
  void stop_back();
  // After that: Sync logs and syncs what it was given.
  void finish() { sync_->finish(); }

  // A snapshot now, as after a roll of the log; `synced` is how far that is.
  void take_snapshot(Zxid synced) { snapshot_->progress.post(LogProgress{synced, true}); }

  const PrepRequestProcessor& prep() const { return *prep_; }
  SyncRequestProcessor& sync() { return *sync_; }
  CommitProcessor& commit() { return *commit_; }
  SessionTracker& tracker() { return *tracker_; }
  SnapshotTask& snapshot() { return *snapshot_; }

 private:
  void connect();
  void enroll(const RolePlan& plan);

  Parts parts_;
  std::vector<std::unique_ptr<WorkerFeed>> feeds_;
  std::unique_ptr<SnapshotTask> snapshot_;
  std::unique_ptr<SyncRequestProcessor> sync_;
  std::unique_ptr<PrepRequestProcessor> prep_;
  std::unique_ptr<CommitProcessor> commit_;
  std::unique_ptr<SessionTracker> tracker_;
  std::unique_ptr<ContainerReaper> reaper_;
};

}  // namespace okapi
