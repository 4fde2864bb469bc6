// The keys that zoo.cfg alone can set (configuration spec section 4).
#include <array>

#include "server/config/config_key.h"
#include "server/config/setters.h"

namespace okapi {
namespace {

using D = ConfigDraft;
using C = ServerConfig;

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

Verdict ignore_long(ConfigDraft&, ByteView value) {
  return parse_java_long(value) ? ignored() : bad_number(value);
}

Verdict ignore_bool(ConfigDraft&, ByteView value) {
  return parse_strict_bool(value) ? ignored() : not_bool();
}

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
    {"reconfigEnabled", set_bool<&D::config, &C::request, &RequestConfig::reconfig_enabled>},
    {"autopurge.snapRetainCount",
     set_int<&D::config, &C::storage, &StorageConfig::autopurge_snap_retain_count>},
    {"autopurge.purgeInterval",
     set_int<&D::config, &C::storage, &StorageConfig::autopurge_purge_interval_hours>},
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
});

}  // namespace

std::span<const ConfigKey> file_keys() { return kRows; }

}  // namespace okapi
