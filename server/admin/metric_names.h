// The names that operators' scripts know (admin spec 2.1, 2.3). Each is in `mntr` from the start,
// with its default while nobody counts it. Constant tables.
#pragma once

#include <array>
#include <string_view>

#include "server/admin/reports.h"

namespace okapi {

struct GaugeName {
  std::string_view name;
  // Shown while no part gives a value; of a name without it there is no line then.
  bool always = false;
  MetricValue initial = int64_t{0};
};

inline constexpr auto kGaugeNames = std::to_array<GaugeName>({
    {"avg_latency", true, 0.0},
    {"max_latency", true, int64_t{0}},
    {"min_latency", true, int64_t{0}},
    {"packets_received", true, int64_t{0}},
    {"packets_sent", true, int64_t{0}},
    {"outstanding_requests", true, int64_t{0}},
    {"uptime", true, int64_t{0}},
    {"num_alive_connections", true, int64_t{0}},
    {"znode_count", true, int64_t{0}},
    {"watch_count", true, int64_t{0}},
    {"ephemerals_count", true, int64_t{0}},
    {"outstanding_tls_handshake", true, int64_t{0}},
    {"approximate_data_size", true, int64_t{0}},
    {"global_sessions", true, int64_t{0}},
    {"local_sessions", true, int64_t{0}},
    {"open_file_descriptor_count", true, int64_t{0}},
    {"max_file_descriptor_count", true, int64_t{0}},
    {"auth_failed_count", true, int64_t{0}},
    {"non_mtls_remote_conn_count", true, int64_t{0}},
    {"non_mtls_local_conn_count", true, int64_t{0}},
    {"connection_drop_probability", true, 0.0},
    {"last_client_response_size", true, int64_t{-1}},
    {"max_client_response_size", true, int64_t{-1}},
    {"min_client_response_size", true, int64_t{-1}},
    // Of quorum members, and settings that deserve a warning: only while somebody gives a value.
    {"quorum_size"},
    {"learners"},
    {"synced_followers"},
    {"synced_non_voting_followers"},
    {"synced_observers"},
    {"pending_syncs"},
    {"leader_uptime"},
    {"last_proposal_size"},
    {"max_proposal_size"},
    {"min_proposal_size"},
    {"okapi_force_sync_off"},
    {"okapi_skip_acl"},
});

// One line per namespace that has a quota.
inline constexpr auto kGaugeSetNames = std::to_array<std::string_view>({
    "quota_count_limit_per_namespace",
    "quota_bytes_limit_per_namespace",
    "quota_count_usage_per_namespace",
    "quota_bytes_usage_per_namespace",
});

inline constexpr auto kCounterNames = std::to_array<std::string_view>({
    "add_dead_watcher_stall_time",
    "bytes_received_count",
    "cnxn_closed_without_zk_server_running",
    "commit_count",
    "connection_drop_count",
    "connection_rejected",
    "connection_request_count",
    "connection_revalidate_count",
    "dead_watchers_cleared",
    "dead_watchers_queued",
    "diff_count",
    "digest_mismatches_count",
    "ensemble_auth_fail",
    "ensemble_auth_skip",
    "ensemble_auth_success",
    "insecure_admin_count",
    "large_requests_rejected",
    "learner_commit_received_count",
    "learner_proposal_received_count",
    "looking_count",
    "outstanding_changes_queued",
    "outstanding_changes_removed",
    "prep_processor_request_queued",
    "proposal_count",
    "quit_leading_due_to_disloyal_voter",
    "request_commit_queued",
    "request_throttle_wait_count",
    "requests_not_forwarded_to_commit_processor",
    "response_bytes",
    "response_packet_cache_hits",
    "response_packet_cache_misses",
    "response_packet_get_children_cache_hits",
    "response_packet_get_children_cache_misses",
    "restore_error_count",
    "restore_rate_limited_count",
    "revalidate_count",
    "sessionless_connections_expired",
    "skip_learner_request_to_next_processor_count",
    "snap_count",
    "snapshot_error_count",
    "snapshot_rate_limited_count",
    "stale_replies",
    "stale_requests",
    "stale_requests_dropped",
    "stale_sessions_expired",
    "sync_processor_request_queued",
    "throttled_ops",
    "tls_handshake_exceeded",
    "unrecoverable_error_count",
    "unsuccessful_handshake",
    "watch_bytes",
});

inline constexpr auto kCounterSetNames = std::to_array<std::string_view>({
    "quota_exceeded_error_per_namespace",
});

inline constexpr auto kSummaryNames = std::to_array<std::string_view>({
    "commit_commit_proc_req_queued",
    "commit_process_time",
    "concurrent_request_processing_in_commit_processor",
    "connection_token_deficit",
    "dbinittime",
    "election_time",
    "follower_sync_time",
    "fsynctime",
    "inflight_diff_count",
    "inflight_snap_count",
    "leader_unavailable_time",
    "learner_request_processor_queue_size",
    "netty_queued_buffer_capacity",
    "node_changed_watch_count",
    "node_children_watch_count",
    "node_created_watch_count",
    "node_deleted_watch_count",
    "observer_sync_time",
    "pending_session_queue_size",
    "prep_process_time",
    "prep_processor_queue_size",
    "proposal_process_time",
    "read_commit_proc_issued",
    "read_commit_proc_req_queued",
    "reads_after_write_in_session_queue",
    "reads_issued_from_session_queue",
    "requests_in_session_queue",
    "restore_time",
    "session_queues_drained",
    "snapshottime",
    "socket_closing_time",
    "startup_snap_load_time",
    "startup_txns_load_time",
    "startup_txns_loaded",
    "sync_process_time",
    "sync_processor_batch_size",
    "sync_processor_queue_size",
    "time_waiting_empty_pool_in_commit_processor_read_ms",
    "unavailable_time",
    "write_batch_time_in_commit_processor",
    "write_commit_proc_issued",
    "write_commit_proc_req_queued",
});

inline constexpr auto kPercentileNames = std::to_array<std::string_view>({
    "close_session_prep_time",
    "commit_propagation_latency",
    "dead_watchers_cleaner_latency",
    "jvm_pause_time_ms",
    "local_write_committed_time_ms",
    "om_commit_process_time_ms",
    "om_proposal_process_time_ms",
    "prep_processor_queue_time_ms",
    "propagation_latency",
    "proposal_ack_creation_latency",
    "proposal_latency",
    "quorum_ack_latency",
    "read_commitproc_time_ms",
    "read_final_proc_time_ms",
    "readlatency",
    "request_throttle_queue_time_ms",
    "server_write_committed_time_ms",
    "sync_processor_queue_and_flush_time_ms",
    "sync_processor_queue_flush_time_ms",
    "sync_processor_queue_time_ms",
    "updatelatency",
    "write_commitproc_time_ms",
    "write_final_proc_time_ms",
});

// Members appear at first use.
inline constexpr auto kSummarySetNames = std::to_array<std::string_view>({
    "learner_handler_qp_size",
    "read_per_namespace",
    "write_per_namespace",
});

inline constexpr auto kPercentileSetNames = std::to_array<std::string_view>({
    "learner_handler_qp_time_ms",
    "ack_latency",
});

}  // namespace okapi
