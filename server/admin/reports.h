// What the operator commands say, as plain numbers. Their owners (selectors, session tracker,
// database) fill these and send them by mail; report_text turns them into text. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/proto/op_code.h"
#include "server/admin/java_text.h"
#include "server/database/session_table.h"
#include "server/request/admin_mail.h"

namespace okapi {

// `srvr` and the tail of `stat`; also the plain values of `mntr`.
struct ServerReport {
  std::string mode = "standalone";  // leader, follower, observer, read-only
  bool read_only = false;
  int64_t latency_min_ms = 0, latency_max_ms = 0;
  double latency_avg_ms = 0;
  int64_t packets_received = 0, packets_sent = 0;
  int64_t connections = 0;
  int64_t outstanding_requests = 0;
  Zxid last_zxid;
  int64_t node_count = 0;
  // Of a leader.
  struct ProposalSizes {
    int64_t last_bytes = -1, min_bytes = -1, max_bytes = -1;
  };
  std::optional<ProposalSizes> proposal_sizes;
  // Of quorum members: "leading - broadcast".
  std::optional<std::string> peer_state;
  std::optional<ServerId> observer_master;
};

// `conf`, `dirs`.
struct ConfReport {
  int32_t client_port = -1, secure_client_port = -1;
  std::string data_dir, data_log_dir;  // absolute, with version-2
  int64_t data_dir_bytes = 0, data_log_dir_bytes = 0;
  int32_t tick_time_ms = 0;
  int32_t connections_per_ip_max = 0;
  int32_t min_session_timeout_ms = 0, max_session_timeout_ms = 0;
  int32_t listen_backlog = -1;
  int64_t server_id = 0;
  struct Quorum {
    int32_t init_limit_ticks = 0, sync_limit_ticks = 0;
    uint16_t election_port = 0, quorum_port = 0;
    bool observer = false;
    std::string membership;  // QuorumConfig::text
  };
  std::optional<Quorum> quorum;  // of a member of an ensemble
};

// Things that expire together, in `dump`.
template <class T>
struct ExpiryBucket {
  WallTime at;
  std::vector<T> items;
};

struct ConnectionSession {
  std::string address;  // java_socket_address
  SessionId session;
};

struct SessionReport {
  // Ascending, empty ones too. Without `buckets`, as on a learner, `global` counts.
  std::optional<std::vector<ExpiryBucket<SessionId>>> buckets;
  std::optional<std::vector<ExpiryBucket<SessionId>>> local_buckets;
  std::vector<SessionEntry> global;                          // ascending
  std::vector<ExpiryBucket<ConnectionSession>> connections;  // ascending, empty ones too
  std::vector<std::pair<SessionId, std::vector<std::string>>> ephemerals;
};

// `wchs`: of the data-watch table only.
struct WatchReport {
  int64_t connections = 0, paths = 0, watches = 0;
};

// What `envi` tells of the machine; the keys of a JVM stay, without values.
struct EnvironmentReport {
  std::string host_name, os_name, os_arch, os_version;
  std::string user_name, user_home, user_dir, tmp_dir;
  int64_t memory_free_mb = 0, memory_max_mb = 0, memory_total_mb = 0;
};

// A number of `mntr`: integers print without a point, doubles always with one.
using MetricValue = std::variant<int64_t, double>;
using MetricLines = std::vector<std::pair<std::string, MetricValue>>;

// All that a command may need; a word fills only its parts (FourLetterPart).
struct AdminReport {
  ServerReport server;
  ConfReport conf;
  std::vector<ClientReport> clients;
  SessionReport sessions;
  WatchReport watches;
  EnvironmentReport environment;
  MetricLines metrics;  // StatusBoard::collect
  TimeZone zone;
};

// The name that `cons` gives an operation: "GETD", "CREA", …; "NA" if it has none.
std::string_view short_op_name(OpCode op);

}  // namespace okapi
