// Every setting of the server as a plain struct: parsed once (config_parser.h), passed down as
// const. Names follow the keys of the configuration spec, which stand behind each field where they
// differ; units come last. Defaults are the reference's. Plain values: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/proto/host_port.h"
#include "server/config/limits.h"
#include "server/config/quorum_settings.h"
#include "server/config/secret.h"

namespace okapi {

enum class SnapshotCompression { kNone, kGzip, kSnappy };
enum class MetricsProvider { kDefault, kNull, kPrometheus };

// The client port and its connections.
struct ClientPortConfig {
  // Unset = no client listener. Port 0 = chosen by the system. (clientPort, clientPortAddress, or
  // the client part of the own server line.)
  std::optional<HostPort> address;
  int32_t listen_backlog = -1;  // clientPortListenBacklog; -1 = 50
  bool tcp_keep_alive = false;  // clientTcpKeepAlive
  // Connections without a session end after this (nio.sessionlessCnxnTimeout).
  int32_t sessionless_timeout_ms = 10'000;
  std::optional<int32_t> selector_threads;  // nio.numSelectorThreads; unset = by measurement
};

struct SessionConfig {
  int32_t tick_time_ms = 3'000;
  int32_t min_timeout_ms = 6'000;   // minSessionTimeout; default 2 ticks
  int32_t max_timeout_ms = 60'000;  // maxSessionTimeout; default 20 ticks
  Secret password_secret;           // sessionSecret; empty = the reference's constant
};

struct StorageConfig {
  // As written: may be relative.
  std::string data_dir;
  std::string data_log_dir;  // default data_dir
  bool data_dir_autocreate = true;
  bool db_autocreate = true;
  bool adopt_data = false;  // --adopt-data
  bool empty_data_votes = false;

  // Log.
  int32_t snap_count = 100'000;            // at least 2
  int64_t snap_size_limit_kb = 4'194'304;  // < 0 = off (0 is turned into -1)
  int64_t txn_log_size_limit_kb = -1;      // < 0 = off
  int64_t pre_alloc_size_kb = 65'536;
  bool force_sync = true;
  int64_t fsync_warning_threshold_ms = 1'000;
  int64_t flush_delay_ms = 0;
  int64_t max_write_queue_poll_time_ms = 0;  // default flush_delay_ms / 3
  int32_t max_batch_size = 1'000;            // requests per sync
  int32_t commit_log_count = 500;            // at least 500
  double snapshot_size_factor = 0.33;        // negative = no transactions from disk

  // Snapshots.
  SnapshotCompression snapshot_compression = SnapshotCompression::kNone;
  bool snapshot_trust_empty = false;
  bool digest_enabled = true;
  bool digest_mismatch_fatal = false;
  bool serialize_last_processed_zxid = true;
  int32_t autopurge_snap_retain_count = 3;     // at least 3
  int32_t autopurge_purge_interval_hours = 0;  // <= 0 = off
};

// What requests may do.
struct RequestConfig {
  bool extended_types_enabled = false;
  bool emulate_353_ttl_nodes = false;
  bool close_session_txn_enabled = true;
  bool enforce_quota = false;
  bool reconfig_enabled = false;
  bool read_only_mode_enabled = false;  // readonlymode.enabled
  bool sync_confirms_leadership = false;

  // Request throttler (client-protocol 10.3).
  int32_t throttle_requests_max = 0;  // request_throttle_max_requests; 0 = off
  int32_t throttle_stall_time_ms = 100;
  bool throttle_drop_stale = true;
  bool stale_connection_check = true;
  bool stale_latency_check = false;
  int32_t throttler_shutdown_timeout_ms = 10'000;
  int32_t throttled_op_wait_time_ms = 0;  // 0 = off

  // Container and TTL reaper (znode.container.*).
  int64_t container_check_interval_ms = 60'000;
  int32_t container_deletes_per_minute_max = 10'000;
  int64_t container_never_used_interval_ms_max = 0;  // 0 = never
};

// Token bucket on new sessions (client-protocol 10.2).
struct ConnectionThrottleConfig {
  int32_t tokens = 0;  // 0 = off
  int32_t fill_time_ms = 1;
  int32_t fill_count = 1;
  int32_t freeze_time_ms = -1;
  double drop_increase = 0.02;
  double drop_decrease = 0.002;
  double decrease_ratio = 0.0;
  bool weight_enabled = false;
  int32_t global_session_weight = 3;
  int32_t local_session_weight = 1;
  int32_t renew_session_weight = 2;
};

struct AuthConfig {
  bool skip_acl = false;
  bool eager_acl_check = false;
  bool digest_provider_enabled = true;
  Secret super_digest;              // super:base64; empty = no super user
  std::string digest_alg = "SHA1";  // a name that server/auth/digest knows
  bool ip_uses_x_forwarded_for = false;
  std::vector<std::string> trusted_proxies;
  // Schemes of which a connection must have proved one; empty = not enforced.
  std::vector<std::string> enforced_schemes;
};

struct AdminConfig {
  bool enabled = true;
  std::string address = "0.0.0.0";
  int32_t port = 8'080;
  std::string command_url = "/commands";
  int32_t idle_timeout_ms = 30'000;
  // Unset: allowed, unless "/" grants everything to world:anyone (admin spec 3.5).
  std::optional<bool> snapshot_enabled;
  std::optional<bool> restore_enabled;
  // Unset: 300 ms for snapshot, 5 minutes for restore.
  std::optional<int64_t> rate_limiter_interval_ms;
  // Enabled four-letter words: "srvr" and, with readonlymode.enabled, "isro" are in it; "*" = all.
  std::vector<std::string> four_letter_whitelist = {"srvr"};
  bool audit_enabled = false;
  MetricsProvider metrics_provider = MetricsProvider::kDefault;
  HostPort metrics_http = {"0.0.0.0", 7'000};
};

struct ServerConfig {
  std::string file;  // "" when started without one
  // As `conf` shows it: my_id in an ensemble, 0 in a standalone server, whatever myid says.
  int64_t server_id = 0;
  // The number in dataDir/myid; always there in an ensemble.
  std::optional<int64_t> my_id;

  ClientPortConfig client;
  SessionConfig session;
  StorageConfig storage;
  RequestConfig request;
  ConnectionThrottleConfig throttle;
  AuthConfig auth;
  AdminConfig admin;
  QuorumSettings quorum;
  Limits limits;

  // Every property that is set, by its full name ("zookeeper.snapCount"), sorted, without the
  // values of secrets: for the admin commands.
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace okapi
