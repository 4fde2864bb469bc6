// The keys that matter between servers: of the file alone, and properties (configuration spec
// sections 4 and 5).
#include <array>

#include "server/config/config_key.h"
#include "server/config/setters.h"

namespace okapi {
namespace {

using D = ConfigDraft;
using C = ServerConfig;
using E = ElectionSettings;
using Q = QuorumSettings;
using S = SyncSettings;

Verdict set_election_alg(ConfigDraft&, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad_number(value);
  return *number == 3 ? taken() : bad("Invalid electionAlg value. Only 3 is supported.");
}

Verdict set_peer_type(ConfigDraft& draft, ByteView value) {
  if (equals_ignoring_case(value, "observer")) {
    draft.config.quorum.peer_type = PeerType::kObserver;
  } else if (equals_ignoring_case(value, "participant")) {
    draft.config.quorum.peer_type = PeerType::kParticipant;
  } else {
    return bad("Unrecognised peertype: " + printable(value));
  }
  return taken();
}

// Zero and less switch it off.
Verdict set_observer_master_port(ConfigDraft& draft, ByteView value) {
  auto port = parse_java_int(value);
  if (port && *port < 0) port = 0;
  Verdict verdict = check_port(port, value);
  if (verdict.kind != Verdict::Kind::kTaken) return verdict;
  draft.config.quorum.sync.observer_master_port = static_cast<uint16_t>(*port);
  return verdict;
}

Verdict set_leader_serves(ConfigDraft& draft, ByteView value) {
  draft.config.quorum.sync.leader_serves = value != "no";
  bool exact = value == "yes" || value == "no";
  return taken(exact ? "" : "only the exact text \"no\" switches it off");
}

Verdict set_connect_timeout(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad_number(value);
  if (*number < 1) return bad("must be at least 1");
  draft.config.quorum.election.connect_timeout_ms = *number;
  return taken();
}

constexpr auto kFileRows = std::to_array<ConfigKey>({
    {"initLimit", set_int<&D::config, &C::quorum, &Q::init_limit_ticks>},
    {"syncLimit", set_int<&D::config, &C::quorum, &Q::sync_limit_ticks>},
    {"connectToLearnerMasterLimit",
     set_int<&D::config, &C::quorum, &Q::connect_to_learner_master_limit_ticks>},
    {"electionAlg", set_election_alg},
    {"peerType", set_peer_type},
    {"dynamicConfigFile", set_text<&D::config, &C::quorum, &Q::dynamic_config_file>},
    {"standaloneEnabled", set_bool<&D::config, &C::quorum, &Q::standalone_enabled>},
    {"quorumListenOnAllIPs", set_bool<&D::config, &C::quorum, &Q::listen_on_all_ips>},
    {"syncEnabled", without_effect_if_false<set_bool<&D::sync_enabled>>},
    {"observerMasterPort", set_observer_master_port},
    {"localSessionsEnabled", set_bool<&D::config, &C::quorum, &Q::local_sessions_enabled>},
    {"localSessionsUpgradingEnabled",
     set_bool<&D::config, &C::quorum, &Q::local_sessions_upgrading_enabled>},
    {"multiAddress.enabled", set_bool<&D::config, &C::quorum, &Q::multi_address_enabled>},
    {"multiAddress.reachabilityCheckEnabled",
     without_effect<set_bool<&D::config, &C::quorum, &Q::reachability_check_enabled>>},
    {"multiAddress.reachabilityCheckTimeoutMs",
     without_effect<set_int<&D::config, &C::quorum, &Q::reachability_check_timeout_ms>>},
    {"oraclePath", refuse},
    {"sslQuorum", refuse_if_true},
    {"portUnification", refuse_if_true},
    {"sslQuorumReloadCertFiles", refuse_if_true},
    {"quorum.auth.enableSasl", set_bool<&D::quorum_sasl_enabled>},
    {"quorum.auth.serverRequireSasl", set_bool<&D::quorum_sasl_server_required>},
    {"quorum.auth.learnerRequireSasl", set_bool<&D::quorum_sasl_learner_required>},
    {"quorum.auth.learner.saslLoginContext"},
    {"quorum.auth.server.saslLoginContext"},
    {"quorum.auth.kerberos.servicePrincipal"},
    {"quorum.cnxn.threads.size", ignore_int},
});

constexpr auto kPropertyRows = std::to_array<ConfigKey>({
    // Election.
    {"cnxTimeout", set_connect_timeout, true},
    {"quorumCnxnTimeoutMs", property_int<&D::quorum_handshake_timeout_ms>},
    {"electionPortBindRetry",
     property_int_from<0, &D::config, &C::quorum, &Q::election, &E::bind_retries_max>},
    {"tcpKeepAlive", property_bool<&D::config, &C::quorum, &Q::election, &E::tcp_keep_alive>},
    {"fastleader.minNotificationInterval",
     property_int_from<1, &D::config, &C::quorum, &Q::election, &E::notification_min_ms>},
    {"fastleader.maxNotificationInterval",
     property_int_from<1, &D::config, &C::quorum, &Q::election, &E::notification_max_ms>},
    {"observer.election.DelayMs",
     without_effect<
         property_int_from<0, &D::config, &C::quorum, &Q::election, &E::observer_delay_ms>>},

    // Leading and following.
    {"leaderServes", set_leader_serves},
    {"leader.maxTimeToWaitForEpoch",
     property_int<&D::config, &C::quorum, &Q::sync, &S::epoch_wait_ms_max>},
    {"leader.maxConcurrentSnapSyncs",
     property_int_from<1, &D::config, &C::quorum, &Q::sync, &S::snapshot_syncs_max>},
    {"leader.maxConcurrentDiffSyncs",
     property_int_from<1, &D::config, &C::quorum, &Q::sync, &S::diff_syncs_max>},
    {"leaderConnectDelayDuringRetryMs",
     property_int_from<0, &D::config, &C::quorum, &Q::sync, &S::leader_connect_delay_ms>},
    {"forceSnapshotSync", property_bool<&D::config, &C::quorum, &Q::sync, &S::force_snapshot>},
    {"observer.reconnectDelayMs",
     without_effect<
         property_int_from<0, &D::config, &C::quorum, &Q::sync, &S::observer_reconnect_delay_ms>>},
    {"observer.syncEnabled", without_effect_if_false<property_bool<&D::observer_sync_enabled>>},
    {"observerMaster.sizeLimit",
     without_effect<
         property_int_from<1, &D::config, &C::quorum, &Q::sync, &S::observer_master_bytes_max>>},

    // Members.
    {"multiAddress.enabled", property_bool<&D::config, &C::quorum, &Q::multi_address_enabled>},
    {"multiAddress.reachabilityCheckEnabled",
     without_effect<property_bool<&D::config, &C::quorum, &Q::reachability_check_enabled>>},
    {"multiAddress.reachabilityCheckTimeoutMs",
     without_effect<
         property_int_from<1, &D::config, &C::quorum, &Q::reachability_check_timeout_ms>>,
     true},
    {"quorumAuthRequired",
     without_effect_if_true<property_bool<&D::config, &C::quorum, &Q::auth_required>>},

    // Of the reference's inside.
    {"leader.ackLoggingFrequency"},
    {"learner.asyncSending"},
    {"learner.closeSocketAsync"},
    {"leader.closeSocketAsync"},
    {"follower.skipLearnerRequestToNextProcessor"},
    {"forward_learner_requests_to_commit_processor_disabled"},
});

}  // namespace

std::span<const ConfigKey> quorum_file_keys() { return kFileRows; }
std::span<const ConfigKey> quorum_property_keys() { return kPropertyRows; }

}  // namespace okapi
