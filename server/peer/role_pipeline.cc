#include "server/peer/role_pipeline.h"

#include <algorithm>

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

void PipelineEnds::attach(Bell& bell) {
  proposals.attach(bell);
  logged.attach(bell);
  verdicts.attach(bell);
  requests.attach(bell);
  questions.attach(bell);
  touched.attach(bell);
}

void PipelineEnds::flush() {
  // First: who hears of a commit may ask for the next reconfig.
  memberships.flush();
  to_sync.flush();
  to_commit.flush();
  to_prep.flush();
  to_tracker.flush();
}

RolePipeline::RolePipeline(const Parts& parts, const Begin& begin, Tokens tokens,
                           PipelineEnds& ends)
    : parts_(parts) {
  const RolePlan& plan = role_plan(begin.role);
  OKAPI_ASSERT(tokens.has_value() != okapi::is_read_only(plan));
  build_tracker(plan, begin);
  connect_tracker();
  if (tokens.has_value()) {
    build_writers(plan, begin, std::move(*tokens));
    connect_writers(ends);
  }
  enroll();
  tell_selectors(plan, ends);
}

void RolePipeline::build_tracker(const RolePlan& plan, const Begin& begin) {
  Env& env = parts_.env;
  for (size_t i = 0; i < parts_.doors.size(); ++i) feeds_.push_back(std::make_unique<WorkerFeed>());
  SessionTracker::Options options{
      .tick = Millis(parts_.config.session.tick_time_ms),
      .server = begin.server,
      .workers = parts_.doors.size(),
      .sessions_max = parts_.config.limits.sessions_max,
      .throttle = parts_.config.throttle,
      .seed = env.seed(),
      .secret = parts_.config.session.password_secret,
      .tracked = plan.sessions,
      .local = plan.local_sessions == OpensLocal::kAlways ||
               (plan.local_sessions == OpensLocal::kIfEnabled &&
                parts_.config.quorum.local_sessions_enabled),
  };
  tracker_ = std::make_unique<SessionTracker>(options, env.log());
  MonoTime now = env.clock().now();
  for (SessionId orphan : begin.orphans) {
    tracker_->track(orphan, parts_.config.session.min_timeout_ms, now);
  }
  for (const SessionEntry& entry : parts_.database.sessions().all()) {
    tracker_->track(entry.session, entry.timeout_ms, now);
  }
}

void RolePipeline::build_writers(const RolePlan& plan, const Begin& begin,
                                 ReplicaStore::Tokens tokens) {
  Env& env = parts_.env;
  std::vector<WorkerPort> ports;
  for (size_t i = 0; i < parts_.doors.size(); ++i) {
    ports.push_back({feeds_[i].get(), parts_.doors[i].bell});
  }
  SnapshotTaskOptions snapshot_options;
  snapshot_options.snapshot = parts_.snapshots;
  snapshot_ = std::make_unique<SnapshotTask>(env, parts_.database, parts_.leases, snapshot_options);
  sync_ = std::make_unique<SyncRequestProcessor>(env, sync_options(parts_.config),
                                                 std::move(tokens.log));
  commit_ = std::make_unique<CommitProcessor>(env, parts_.database, std::move(tokens.tree),
                                              parts_.watches, std::move(ports),
                                              parts_.config.storage.digest_mismatch_fatal);
  if (plan.writes_go == WritesGo::kToLeader) return;
  std::vector<SessionId> sessions = begin.orphans;
  for (const SessionEntry& entry : parts_.database.sessions().all()) {
    sessions.push_back(entry.session);
  }
  prep_ = std::make_unique<PrepRequestProcessor>(env, parts_.config, parts_.registry,
                                                 parts_.database.tree(), begin.last, sessions,
                                                 begin.membership);
  reaper_ = std::make_unique<ContainerReaper>(env, parts_.config.request, parts_.database.tree());
}

void RolePipeline::connect_tracker() {
  tracker_->to_admin = Sink<SessionsAnswer>(parts_.admin);
  for (size_t i = 0; i < parts_.doors.size(); ++i) {
    tracker_->to_workers[i] = Sink<SessionOrder>(*parts_.doors[i].terms);
  }
}

void RolePipeline::connect_writers(PipelineEnds& ends) {
  ends.to_sync = Sink<EncodedTxn>(sync_->txns);
  ends.to_commit = Sink<CommitMail>(commit_->committed);
  ends.to_tracker = Sink<SessionMail>(tracker_->mail);
  sync_->to_peer = Sink<Logged>(ends.logged);
  sync_->to_snapshot = Sink<LogProgress>(snapshot_->progress);
  snapshot_->mark_wanted = Sink<Zxid>(sync_->mark_wanted);
  commit_->to_tracker = Sink<SessionMail>(tracker_->mail);
  tracker_->to_commit = Sink<SessionRequest>(commit_->pending_sessions);
  if (prep_ == nullptr) {
    tracker_->to_prep = Sink<SessionRequest>(ends.requests);
    tracker_->to_leader = Sink<Revalidation>(ends.questions);
    tracker_->touched = Sink<SessionTouch>(ends.touched);
    return;
  }
  ends.to_prep = Sink<PrepMail>(prep_->requests);
  ends.memberships = Sink<MembershipView>(prep_->memberships);
  prep_->to_peer = Sink<Prepared>(ends.proposals);
  prep_->to_tracker = Sink<SessionMail>(tracker_->mail);
  tracker_->to_prep = Sink<SessionRequest>(prep_->requests);
  tracker_->to_learners = Sink<SessionVerdict>(ends.verdicts);
  reaper_->to_prep = Sink<RequestPtr>(prep_->requests);
}

void RolePipeline::enroll() {
  Scheduler& scheduler = parts_.env.scheduler();
  auto enter = [&](Stage& stage, std::string_view name, auto&... boxes) {
    // Boxes need their bell before the first post; posts begin when the Selectors hear of the term.
    Bell& bell = scheduler.enroll(stage, parts_.home_of(name));
    (boxes.attach(bell), ...);
    return &bell;
  };
  if (!is_read_only()) {
    enter(*snapshot_, "Snapshot", snapshot_->progress);
    enter(*sync_, "SyncRequestProcessor", sync_->txns, sync_->mark_wanted);
    enter(*commit_, "CommitProcessor", commit_->committed, commit_->pending,
          commit_->pending_sessions);
  }
  if (prep_ != nullptr) {
    enter(*prep_, "PrepRequestProcessor", prep_->requests, prep_->memberships);
  }
  Bell* tracker = enter(*tracker_, "SessionTracker", tracker_->mail);
  // Both have timers to set.
  tracker->ring(false);
  if (reaper_ != nullptr) enter(*reaper_, "ContainerReaper")->ring(false);
}

void RolePipeline::tell_selectors(const RolePlan& plan, PipelineEnds& ends) {
  std::vector<const WorkerFeed*> feeds;
  for (const auto& feed : feeds_) feeds.push_back(feed.get());
  Mailbox<PrepMail>* requests = prep_ == nullptr ? &ends.requests : &prep_->requests;
  for (size_t i = 0; i < parts_.doors.size(); ++i) {
    TermBegins term{&parts_.database.tree(),
                    &parts_.database.sessions(),
                    &parts_.watches,
                    feeds_[i].get(),
                    feeds,
                    nullptr,
                    nullptr,
                    &tracker_->mail,
                    plan.sync_goes,
                    is_read_only(),
                    &ends.serving_until};
    if (!is_read_only()) {
      term.pending = &commit_->pending;
      term.requests = requests;
    }
    parts_.doors[i].terms->post(std::move(term));
  }
}

RolePipeline::~RolePipeline() { retire_stages(); }

RolePipeline::Tokens RolePipeline::stop() {
  retire_stages();
  if (is_read_only()) return std::nullopt;
  TxnLogWriter log = sync_->finish();
  return ReplicaStore::Tokens{commit_->finish(), std::move(log)};
}

void RolePipeline::retire_stages() {
  if (std::exchange(retired_, true)) return;
  Scheduler& scheduler = parts_.env.scheduler();
  if (reaper_ != nullptr) scheduler.retire(*reaper_);
  scheduler.retire(*tracker_);
  if (prep_ != nullptr) scheduler.retire(*prep_);
  if (is_read_only()) return;
  scheduler.retire(*commit_);
  scheduler.retire(*sync_);
  scheduler.retire(*snapshot_);
}

}  // namespace okapi
