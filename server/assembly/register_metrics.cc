#include "server/assembly/register_metrics.h"

namespace okapi {

void StartMetrics::note(const Recovered& recovered) {
  load_and_replay_ms.record(to_ms(recovered.load_time + recovered.replay_time));
  load_ms.record(to_ms(recovered.load_time));
  replay_ms.record(to_ms(recovered.replay_time));
  txns_replayed.record(recovered.txns_replayed);
  digest_mismatches.add(recovered.digest_mismatches);
}

void register_start(StatusBoard& board, StartMetrics& start, std::vector<Registration>& out) {
  out.push_back(board.add_summary("dbinittime", start.load_and_replay_ms));
  out.push_back(board.add_summary("startup_snap_load_time", start.load_ms));
  out.push_back(board.add_summary("startup_txns_load_time", start.replay_ms));
  out.push_back(board.add_summary("startup_txns_loaded", start.txns_replayed));
  out.push_back(board.add_counter("digest_mismatches_count", start.digest_mismatches));
}

void register_front(StatusBoard& board, const Acceptor* acceptor,
                    const std::vector<std::unique_ptr<Selector>>& selectors,
                    std::vector<Registration>& out) {
  if (acceptor != nullptr) {
    out.push_back(board.add_counter("connection_rejected", acceptor->rejected()));
  }
  for (const auto& selector : selectors) {
    WorkerMetrics& worker = selector->metrics();
    auto counter = [&](std::string_view name, const Counter& value) {
      out.push_back(board.add_counter(name, value));
    };
    counter("bytes_received_count", worker.bytes_received);
    counter("connection_drop_count", worker.dropped);
    counter("connection_request_count", worker.connection_requests);
    counter("connection_revalidate_count", worker.revalidations);
    counter("large_requests_rejected", worker.large_rejected);
    counter("response_bytes", worker.response_bytes);
    counter("sessionless_connections_expired", worker.silent);
    counter("watch_bytes", worker.watch_bytes);
    RequestThrottle::Metrics& throttle = selector->throttle().metrics();
    counter("request_throttle_wait_count", throttle.stalls);
    counter("throttled_ops", throttle.refused);
    counter("stale_requests", throttle.stale);
    counter("stale_requests_dropped", throttle.stale_dropped);
    out.push_back(board.add_percentiles("request_throttle_queue_time_ms", throttle.waited_ms));
    out.push_back(board.add_percentiles("readlatency", worker.read_latency_ms));
    out.push_back(board.add_percentiles("updatelatency", worker.update_latency_ms));
  }
}

void register_member(StatusBoard& board, Env& env, RoleMetrics& roles,
                     std::vector<Registration>& out) {
  out.push_back(board.add_counter("looking_count", roles.looking));
  out.push_back(board.add_counter("snap_count", roles.snap_syncs));
  out.push_back(board.add_summary("election_time", roles.election_ms));
  auto of_leader = [&](std::string_view name, const std::atomic<int64_t>& value) {
    out.push_back(board.add_gauge(name, [&roles, &value]() -> std::optional<MetricValue> {
      if (roles.leading_since_ms.load() < 0) return std::nullopt;
      return value.load();
    }));
  };
  of_leader("learners", roles.learners);
  of_leader("synced_followers", roles.synced_followers);
  of_leader("synced_non_voting_followers", roles.synced_non_voting);
  of_leader("pending_syncs", roles.pending_syncs);
  of_leader("last_proposal_size", roles.proposals.last);
  of_leader("min_proposal_size", roles.proposals.min);
  of_leader("max_proposal_size", roles.proposals.max);
  out.push_back(board.add_gauge("synced_observers", [&roles]() -> std::optional<MetricValue> {
    int64_t count = roles.synced_observers.load();
    return count < 0 ? std::nullopt : std::optional<MetricValue>(count);
  }));
  out.push_back(board.add_gauge("leader_uptime", [&env, &roles]() -> std::optional<MetricValue> {
    int64_t since = roles.leading_since_ms.load();
    if (since < 0) return std::nullopt;
    return to_ms(env.clock().now()) - since;
  }));
}

void register_role(StatusBoard& board, RoleMetrics& roles, RolePipeline& pipeline,
                   std::vector<Registration>& out) {
  auto counter = [&](std::string_view name, const Counter& value) {
    out.push_back(board.add_counter(name, value));
  };
  auto summary = [&](std::string_view name, Summary& value) {
    out.push_back(board.add_summary(name, value));
  };
  counter("proposal_count", roles.proposed);
  counter("stale_sessions_expired", pipeline.tracker().expired());
  counter("connection_rejected", pipeline.tracker().throttled());
  summary("connection_token_deficit", pipeline.tracker().throttle().deficit());
  const ConnectionThrottle& throttle = pipeline.tracker().throttle();
  out.push_back(board.add_gauge("connection_drop_probability", [&throttle] {
    return std::optional<MetricValue>(static_cast<double>(throttle.drop_millionths()) / 1e6);
  }));
  const SessionTracker& tracker = pipeline.tracker();
  out.push_back(board.add_gauge(
      "local_sessions", [&tracker] { return std::optional<MetricValue>(tracker.local_count()); }));
  if (pipeline.is_read_only()) return;
  CommitProcessor& commit = pipeline.commit();
  counter("commit_count", commit.commits());
  counter("digest_mismatches_count", commit.digest_mismatches());
  counter("request_commit_queued", commit.commits());
  if (pipeline.prep() != nullptr) {
    counter("prep_processor_request_queued", pipeline.prep()->queued());
  }
  counter("sync_processor_request_queued", pipeline.sync().queued());
  summary("fsynctime", pipeline.sync().log_metrics().sync_ms);
  summary("sync_process_time", pipeline.sync().batch_times_ms());
  summary("sync_processor_batch_size", pipeline.sync().batch_sizes());
  summary("node_created_watch_count", commit.watchers_told(EventType::kNodeCreated));
  summary("node_deleted_watch_count", commit.watchers_told(EventType::kNodeDeleted));
  summary("node_changed_watch_count", commit.watchers_told(EventType::kNodeDataChanged));
  summary("node_children_watch_count", commit.watchers_told(EventType::kNodeChildrenChanged));
  SnapshotTask::Metrics& snapshots = pipeline.snapshot().metrics();
  counter("snapshot_error_count", snapshots.failures);
  summary("snapshottime", snapshots.time_ms);
}

}  // namespace okapi
