// The keys that zoo.cfg alone can set (configuration spec section 4).
#include <array>

#include "server/config/config_key.h"
#include "server/config/setters.h"

namespace okapi {
namespace {

using D = ConfigDraft;
using C = ServerConfig;

Verdict check_port(std::optional<int32_t> port, ByteView value) {
  if (!port) return bad_number(value);
  if (*port < 0 || *port > 65535) return bad("port out of range:" + std::to_string(*port));
  return taken();
}

Verdict set_client_port(ConfigDraft& draft, ByteView value) {
  draft.client_port = parse_java_int(value);
  return check_port(draft.client_port, value);
}

Verdict set_secure_client_port(ConfigDraft&, ByteView value) {
  Verdict verdict = check_port(parse_java_int(value), value);
  return verdict.kind == Verdict::Kind::kTaken ? refused(std::string(kNotSupportedYet)) : verdict;
}

Verdict set_tick_time(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad_number(value);
  // The reference takes a negative tick and then cannot start, or has negative time-outs.
  if (*number < 0) return bad("tickTime must be positive");
  draft.config.session.tick_time_ms = *number;
  return taken();
}

Verdict set_election_alg(ConfigDraft&, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad_number(value);
  return *number == 3 ? taken() : bad("Invalid electionAlg value. Only 3 is supported.");
}

Verdict set_peer_type(ConfigDraft& draft, ByteView value) {
  if (equals_ignoring_case(value, "observer")) {
    draft.peer_type = PeerType::kObserver;
  } else if (equals_ignoring_case(value, "participant")) {
    draft.peer_type = PeerType::kParticipant;
  } else {
    return bad("Unrecognised peertype: " + printable(value));
  }
  return taken();
}

Verdict set_metrics_provider(ConfigDraft& draft, ByteView value) {
  constexpr std::string_view kPackage = "org.apache.zookeeper.metrics.";
  if (value.starts_with(kPackage)) {
    ByteView name = value.substr(kPackage.size());
    auto& provider = draft.config.admin.metrics_provider;
    if (name == "impl.DefaultMetricsProvider") {
      provider = MetricsProvider::kDefault;
      return taken();
    }
    if (name == "impl.NullMetricsProvider") {
      provider = MetricsProvider::kNull;
      return taken();
    }
    if (name == "prometheus.PrometheusMetricsProvider") {
      provider = MetricsProvider::kPrometheus;
      return taken("no effect in this server yet");
    }
  }
  return bad("metrics provider class was not found");
}

Verdict set_metrics_port(ConfigDraft& draft, ByteView value) {
  auto port = parse_java_int(value);
  Verdict verdict = check_port(port, value);
  if (verdict.kind != Verdict::Kind::kTaken) return verdict;
  draft.config.admin.metrics_http.port = static_cast<uint16_t>(*port);
  return verdict;
}

Verdict ignore_int(ConfigDraft&, ByteView value) {
  return parse_java_int(value) ? ignored() : bad_number(value);
}

Verdict ignore_long(ConfigDraft&, ByteView value) {
  return parse_java_long(value) ? ignored() : bad_number(value);
}

Verdict ignore_bool(ConfigDraft&, ByteView value) {
  return parse_strict_bool(value) ? ignored() : not_bool();
}

Verdict refuse(ConfigDraft&, ByteView) { return refused(std::string(kNotSupportedYet)); }

constexpr auto kRows = std::to_array<ConfigKey>({
    {"dataDir", set_text<&D::config, &C::storage, &StorageConfig::data_dir>},
    {"dataLogDir", set_text<&D::config, &C::storage, &StorageConfig::data_log_dir>},
    {"clientPort", set_client_port},
    {"clientPortAddress", set_text<&D::client_port_address>},
    {"secureClientPort", set_secure_client_port},
    {"secureClientPortAddress", set_text<&D::secure_client_port_address>},
    {"clientPortListenBacklog", set_int<&D::config, &C::client, &ClientPortConfig::listen_backlog>},
    {"tickTime", set_tick_time},
    {"minSessionTimeout", set_int<&D::min_session_timeout_ms>},
    {"maxSessionTimeout", set_int<&D::max_session_timeout_ms>},
    {"maxClientCnxns", set_int<&D::config, &C::limits, &Limits::connections_per_ip_max>},
    {"initLimit", set_int<&D::config, &C::quorum, &QuorumSettings::init_limit_ticks>},
    {"syncLimit", set_int<&D::config, &C::quorum, &QuorumSettings::sync_limit_ticks>},
    {"connectToLearnerMasterLimit",
     set_int<&D::config, &C::quorum, &QuorumSettings::connect_to_learner_master_limit_ticks>},
    {"electionAlg", set_election_alg},
    {"peerType", set_peer_type},
    {"dynamicConfigFile", set_text<&D::dynamic_config_file>},
    {"standaloneEnabled", set_bool<&D::config, &C::quorum, &QuorumSettings::standalone_enabled>},
    {"reconfigEnabled", set_bool<&D::config, &C::request, &RequestConfig::reconfig_enabled>},
    {"quorumListenOnAllIPs", set_bool<&D::config, &C::quorum, &QuorumSettings::listen_on_all_ips>},
    {"syncEnabled", set_bool<&D::config, &C::quorum, &QuorumSettings::sync_enabled>},
    {"observerMasterPort", set_int<&D::config, &C::quorum, &QuorumSettings::observer_master_port>},
    {"localSessionsEnabled", refuse_if_true},
    {"localSessionsUpgradingEnabled", refuse_if_true},
    {"autopurge.snapRetainCount",
     set_int<&D::config, &C::storage, &StorageConfig::autopurge_snap_retain_count>},
    {"autopurge.purgeInterval",
     set_int<&D::config, &C::storage, &StorageConfig::autopurge_purge_interval_hours>},
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
    {"jvm.pause.monitor", ignore_bool},
    {"jvm.pause.sleep.time.ms", ignore_long},
    {"jvm.pause.info-threshold.ms", ignore_long},
    {"jvm.pause.warn-threshold.ms", ignore_long},
    {"metricsProvider.className", set_metrics_provider},
    {"metricsProvider.httpHost",
     without_effect<set_text<&D::config, &C::admin, &AdminConfig::metrics_http, &HostPort::host>>},
    {"metricsProvider.httpPort", without_effect<set_metrics_port>},
    {"metricsProvider.exportJvmInfo"},
    {"metricsProvider.numWorkerThreads"},
    {"metricsProvider.maxQueueSize"},
    {"metricsProvider.workerShutdownTimeoutMs"},
    {"multiAddress.enabled",
     set_bool<&D::config, &C::quorum, &QuorumSettings::multi_address_enabled>},
    {"multiAddress.reachabilityCheckEnabled", ignore_bool},
    {"multiAddress.reachabilityCheckTimeoutMs", ignore_int},
    {"oraclePath", refuse},
});

}  // namespace

std::span<const ConfigKey> file_keys() { return kRows; }

const ConfigKey* find_key(std::span<const ConfigKey> table, std::string_view name) {
  for (const ConfigKey& key : table) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace okapi
