#include "server/peer/role_pipeline.h"

namespace okapi {
namespace {

SyncRequestProcessor::Options sync_options(const ServerConfig& config) {
  SyncRequestProcessor::Options options;
  options.snap_count = config.storage.snap_count;
  if (config.storage.snap_size_limit_kb > 0) {
    options.snap_size_limit_bytes = config.storage.snap_size_limit_kb * 1024;
  }
  options.batch_bytes_max = config.limits.log_batch_bytes_max;
  return options;
}

}  // namespace

RolePipeline::RolePipeline(const Parts& parts, const RolePlan& plan, TreeWriter writer,
                           TxnLogWriter log, const SnapshotSettings& snapshots, Zxid last)
    : parts_(parts) {
  OKAPI_ASSERT(plan.logs && plan.acks_itself && plan.writes_go == WritesGo::kToOwnPrep);
  Env& env = parts.env;
  std::vector<WorkerPort> ports;
  for (const WorkerDoor& door : parts.doors) {
    feeds_.push_back(std::make_unique<WorkerFeed>());
    ports.push_back({feeds_.back().get(), door.bell});
  }
  std::vector<SessionId> sessions;
  for (const SessionEntry& entry : parts.database.sessions().all()) {
    sessions.push_back(entry.session);
  }
  SnapshotTaskOptions snapshot_options;
  snapshot_options.snapshot = snapshots;
  snapshot_ = std::make_unique<SnapshotTask>(env, parts.database, parts.leases, snapshot_options);
  sync_ = std::make_unique<SyncRequestProcessor>(env, sync_options(parts.config), std::move(log));
  commit_ = std::make_unique<CommitProcessor>(env, parts.database, std::move(writer), parts.watches,
                                              std::move(ports),
                                              parts.config.storage.digest_mismatch_fatal);
  prep_ = std::make_unique<PrepRequestProcessor>(env, parts.config, parts.registry,
                                                 parts.database.tree(), last, sessions);
  // Compat: a standalone server's sessions carry id 1 whatever its myid (client-protocol 2.5).
  SessionTracker::Options tracker_options{
      .tick = Millis(parts.config.session.tick_time_ms),
      .server = ServerId(1),
      .workers = parts.doors.size(),
      .sessions_max = parts.config.limits.sessions_max,
      .throttle = parts.config.throttle,
      .seed = env.seed(),
      .secret = parts.config.session.password_secret,
      .tracked = plan.sessions,
  };
  tracker_ = std::make_unique<SessionTracker>(tracker_options, env.log());
  for (const SessionEntry& entry : parts.database.sessions().all()) {
    tracker_->track(entry.session, entry.timeout_ms, env.clock().now());
  }
  reaper_ = std::make_unique<ContainerReaper>(env, parts.config.request, parts.database.tree());
  connect();
  enroll(plan);
}

void RolePipeline::connect() {
  prep_->to_peer = Sink<Prepared>(parts_.peer.proposals);
  prep_->to_tracker = Sink<SessionMail>(tracker_->mail);
  parts_.peer.to_sync = Sink<EncodedTxn>(sync_->txns);
  parts_.peer.to_commit = Sink<EncodedTxn>(commit_->committed);
  sync_->to_peer = Sink<Logged>(parts_.peer.logged);
  sync_->to_snapshot = Sink<LogProgress>(snapshot_->progress);
  snapshot_->mark_wanted = Sink<Zxid>(sync_->mark_wanted);
  commit_->to_tracker = Sink<SessionMail>(tracker_->mail);
  tracker_->to_commit = Sink<SessionRequest>(commit_->pending_sessions);
  tracker_->to_prep = Sink<SessionRequest>(prep_->requests);
  tracker_->to_admin = Sink<SessionsAnswer>(parts_.admin);
  reaper_->to_prep = Sink<RequestPtr>(prep_->requests);
  for (size_t i = 0; i < parts_.doors.size(); ++i) {
    tracker_->to_workers[i] = Sink<SessionOrder>(*parts_.doors[i].session_orders);
  }
}

void RolePipeline::enroll(const RolePlan& plan) {
  Scheduler& scheduler = parts_.env.scheduler();
  auto enter = [&](Stage& stage, std::string_view name, auto&... boxes) {
    // Boxes need their bell before the first post; posts begin when the Selectors hear of the term.
    Bell& bell = scheduler.enroll(stage, parts_.home_of(name));
    (boxes.attach(bell), ...);
    return &bell;
  };
  parts_.peer.proposals.attach(parts_.peer_bell);
  parts_.peer.logged.attach(parts_.peer_bell);
  enter(*snapshot_, "Snapshot", snapshot_->progress);
  enter(*sync_, "SyncRequestProcessor", sync_->txns, sync_->mark_wanted);
  enter(*commit_, "CommitProcessor", commit_->committed, commit_->pending,
        commit_->pending_sessions);
  enter(*prep_, "PrepRequestProcessor", prep_->requests);
  Bell* tracker = enter(*tracker_, "SessionTracker", tracker_->mail);
  Bell* reaper = enter(*reaper_, "ContainerReaper");
  std::vector<const WorkerFeed*> feeds;
  for (const auto& feed : feeds_) feeds.push_back(feed.get());
  for (size_t i = 0; i < parts_.doors.size(); ++i) {
    parts_.doors[i].terms->post(TermBegins{
        &parts_.database.tree(), &parts_.database.sessions(), &parts_.watches, feeds_[i].get(),
        feeds, &commit_->pending, &prep_->requests, &tracker_->mail, plan.sync_goes});
  }
  // Both have timers to set.
  tracker->ring(false);
  reaper->ring(false);
}

void RolePipeline::stop_front() {
  Scheduler& scheduler = parts_.env.scheduler();
  scheduler.retire(*reaper_);
  scheduler.retire(*tracker_);
  scheduler.retire(*prep_);
}

void RolePipeline::stop_back() {
  Scheduler& scheduler = parts_.env.scheduler();
  scheduler.retire(*commit_);
  scheduler.retire(*sync_);
  scheduler.retire(*snapshot_);
}

}  // namespace okapi
