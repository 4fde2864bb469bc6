// What a server must know about being one of several. Defaults are the reference's (peer-protocol
// spec 13); without effect in a standalone server. Plain values: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "server/config/quorum_config.h"

namespace okapi {

enum class PeerType { kParticipant, kObserver };

// Election and its connections.
struct ElectionSettings {
  int32_t connect_timeout_ms = 5'000;    // cnxTimeout
  int32_t handshake_timeout_ms = 0;      // quorumCnxnTimeoutMs; default syncLimit ticks
  int32_t bind_retries_max = 3;          // electionPortBindRetry; 0 = for ever
  bool tcp_keep_alive = false;           // tcpKeepAlive
  int32_t notification_min_ms = 200;     // fastleader.minNotificationInterval
  int32_t notification_max_ms = 60'000;  // fastleader.maxNotificationInterval
  int64_t observer_delay_ms = 200;       // observer.election.DelayMs
};

// Leading and following.
struct SyncSettings {
  bool leader_serves = true;                     // leaderServes
  int32_t epoch_wait_ms_max = -1;                // leader.maxTimeToWaitForEpoch; -1 = no bound
  int32_t snapshot_syncs_max = 10;               // leader.maxConcurrentSnapSyncs, at once
  int32_t diff_syncs_max = 100;                  // leader.maxConcurrentDiffSyncs, at once
  bool force_snapshot = false;                   // forceSnapshotSync
  bool leader_nodelay = true;                    // leader.nodelay
  bool follower_nodelay = true;                  // follower.nodelay
  int32_t leader_connect_delay_ms = 100;         // leaderConnectDelayDuringRetryMs
  int64_t observer_reconnect_delay_ms = 0;       // observer.reconnectDelayMs
  bool observer_keeps_log = true;                // syncEnabled, observer.syncEnabled
  uint16_t observer_master_port = 0;             // observerMasterPort; 0 = off
  int32_t observer_master_bytes_max = 32 << 20;  // observerMaster.sizeLimit
};

struct QuorumSettings {
  // What the server lines say, in the file or in the dynamic one; null when there are none. The own
  // member has a client address if there is one at all.
  SharedQuorumConfig members;
  // Of <file>.dynamic.next: proposed, but not known as committed. Null without one.
  SharedQuorumConfig last_seen;
  std::string dynamic_config_file;  // dynamicConfigFile; empty = members stand in the config file
  PeerType peer_type = PeerType::kParticipant;  // by the server list, else as peerType says
  bool standalone_enabled = true;

  int32_t init_limit_ticks = 0;
  int32_t sync_limit_ticks = 0;
  int32_t connect_to_learner_master_limit_ticks = 0;  // default initLimit
  bool listen_on_all_ips = false;                     // quorumListenOnAllIPs
  bool auth_required = false;                         // quorumAuthRequired

  // Several addresses in one server line.
  bool multi_address_enabled = false;
  bool reachability_check_enabled = true;
  int32_t reachability_check_timeout_ms = 1'000;

  bool local_sessions_enabled = false;
  bool local_sessions_upgrading_enabled = false;

  ElectionSettings election;
  SyncSettings sync;

  MembershipRules rules() const { return {multi_address_enabled, standalone_enabled}; }
  // One of several servers, or one that may become so.
  bool is_distributed() const {
    return members != nullptr && (!standalone_enabled || members->voters().size() > 1);
  }
};

}  // namespace okapi
