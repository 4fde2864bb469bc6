// The keys that are system properties of the reference (configuration spec sections 5, 5.1, 6, 10).
#include <array>

#include "server/config/config_key.h"
#include "server/config/setters.h"

namespace okapi {
namespace {

using D = ConfigDraft;
using C = ServerConfig;
using R = RequestConfig;
using S = StorageConfig;
using T = ConnectionThrottleConfig;

Verdict set_snap_count(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  draft.config.storage.snap_count = std::max(*number, 2);
  return taken(*number < 2 ? "SnapCount should be 2 or more. Now, snapCount is reset to 2" : "");
}

// 0 stops the reference's log thread; here it means off, like a negative size.
Verdict set_snap_size_limit(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_long(value);
  if (!number) return bad("not a number");
  draft.config.storage.snap_size_limit_kb = *number == 0 ? -1 : *number;
  return taken(*number == 0 ? "0 switches the limit off in this server" : "");
}

Verdict set_force_sync(ConfigDraft& draft, ByteView value) {
  draft.config.storage.force_sync = value != "no";
  if (value == "no") return taken("acknowledged writes may be lost when the machine stops");
  return taken(value == "yes" ? "" : "only the exact text \"no\" switches it off");
}

Verdict set_commit_log_count(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad("not a number");
  draft.config.storage.commit_log_count = std::max(*number, 500);
  return taken(*number < 500 ? "the least is 500, which is used" : "");
}

Verdict set_snapshot_size_factor(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_double(value);
  if (!number) return bad("not a number");
  draft.config.storage.snapshot_size_factor = *number > 1 ? 0.33 : *number;
  return taken(*number > 1 ? "above 1: 0.33 is used" : "");
}

Verdict set_snapshot_compression(ConfigDraft& draft, ByteView value) {
  auto& method = draft.config.storage.snapshot_compression;
  if (value == "gz") {
    method = SnapshotCompression::kGzip;
  } else if (value == "snappy") {
    method = SnapshotCompression::kSnappy;
  } else if (value.empty()) {
    method = SnapshotCompression::kNone;
  } else {
    return bad("must be gz, snappy or empty");
  }
  return taken();
}

Verdict set_skip_acl(ConfigDraft& draft, ByteView value) {
  draft.config.auth.skip_acl = value == "yes";
  if (value == "yes") return taken("no access right is checked: everybody may do everything");
  return taken(value == "no" ? "" : "only the exact text \"yes\" switches it on");
}

Verdict set_four_letter_whitelist(ConfigDraft& draft, ByteView value) {
  draft.config.admin.four_letter_whitelist = split_list(value);
  return taken();
}

Verdict set_large_request_threshold(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  bool valid = *number > 0 || *number == -1;
  draft.config.limits.large_request_threshold_bytes = valid ? *number : -1;
  return taken(valid ? "" : "must be positive or -1: -1 is used");
}

Verdict set_super_digest(ConfigDraft& draft, ByteView value) {
  draft.config.auth.super_digest = Secret(std::string(value));
  bool usable = value.find(':') != ByteView::npos;
  return taken(usable ? "" : "not of the form super:<base64>: nobody can be super");
}

Verdict set_session_secret(ConfigDraft& draft, ByteView value) {
  draft.config.session.password_secret = Secret(std::string(value));
  return taken();
}

Verdict set_trusted_proxies(ConfigDraft& draft, ByteView value) {
  draft.config.auth.trusted_proxies = split_list(value);
  return taken();
}

Verdict set_enforce_schemes(ConfigDraft& draft, ByteView value) {
  draft.enforce_auth_schemes = split_list(value);
  return taken();
}

// Compat: only the exact text "false" switches the admin server off (admin spec 3.1).
Verdict set_admin_enabled(ConfigDraft& draft, ByteView value) {
  draft.config.admin.enabled = value != "false";
  return taken(parse_strict_bool(value) ? "" : "only the exact text \"false\" switches it off");
}

Verdict set_admin_port(ConfigDraft& draft, ByteView value) {
  auto port = decode_java_int(value);
  if (!port) return bad("not a number");
  if (*port < 0 || *port > 65535) return bad("port out of range:" + std::to_string(*port));
  draft.config.admin.port = *port;
  return taken();
}

Verdict set_admin_command_url(ConfigDraft& draft, ByteView value) {
  if (!value.starts_with("/")) return bad("must begin with a slash");
  draft.config.admin.command_url = std::string(value);
  return taken();
}

// Compat: it lets a member of an ensemble check before it forwards; a standalone server of the
// reference ignores it too.
Verdict set_eager_acl_check(ConfigDraft& draft, ByteView value) {
  draft.config.auth.eager_acl_check = parse_lenient_bool(value);
  return taken(draft.config.auth.eager_acl_check ? "no effect in a standalone server" : "");
}

Verdict set_throttler_shutdown_timeout(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  draft.config.request.throttler_shutdown_timeout_ms = *number;
  return taken("no effect: requests that still wait at a stop are dropped at once");
}

Verdict set_selector_threads(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  if (*number < 1) return refused("numSelectorThreads must be at least 1");
  draft.config.client.selector_threads = *number;
  return taken();
}

Verdict note_sasl(ConfigDraft&, ByteView) { return taken("SASL is not supported yet: no effect"); }

constexpr auto kRows = std::to_array<ConfigKey>({
    // Log and snapshots.
    {"snapCount", set_snap_count},
    {"snapSizeLimitInKb", set_snap_size_limit},
    {"txnLogSizeLimitInKb", property_long<&D::config, &C::storage, &S::txn_log_size_limit_kb>},
    {"preAllocSize", property_long<&D::config, &C::storage, &S::pre_alloc_size_kb>},
    {"forceSync", set_force_sync},
    {"fsync.warningthresholdms",
     property_long<&D::config, &C::storage, &S::fsync_warning_threshold_ms>},
    {"commitLogCount", set_commit_log_count},
    {"snapshotSizeFactor", set_snapshot_size_factor},
    {"snapshot.compression.method", set_snapshot_compression, true},
    {"snapshot.trust.empty", property_bool<&D::config, &C::storage, &S::snapshot_trust_empty>},
    {"datadir.autocreate", property_bool<&D::config, &C::storage, &S::data_dir_autocreate>},
    {"db.autocreate", property_bool<&D::config, &C::storage, &S::db_autocreate>},
    {"digest.enabled", property_bool<&D::config, &C::storage, &S::digest_enabled>},
    {"closeSessionTxn.enabled",
     property_bool<&D::config, &C::request, &R::close_session_txn_enabled>},
    {"serializeLastProcessedZxid.enabled",
     property_bool<&D::config, &C::storage, &S::serialize_last_processed_zxid>},
    {"extendedTypesEnabled", property_bool<&D::config, &C::request, &R::extended_types_enabled>},
    {"emulate353TTLNodes", property_bool<&D::config, &C::request, &R::emulate_353_ttl_nodes>},
    {"flushDelay", without_effect<property_long<&D::config, &C::storage, &S::flush_delay_ms>>},
    {"maxWriteQueuePollTime", without_effect<property_long<&D::max_write_queue_poll_time_ms>>},
    {"maxBatchSize", without_effect<property_int<&D::config, &C::storage, &S::max_batch_size>>},
    {"jute.maxbuffer.extrasize", property_int<&D::disk_record_extra_bytes>},

    // Requests.
    {"globalOutstandingLimit",
     property_int<&D::config, &C::limits, &Limits::outstanding_requests_max>},
    {"maxCnxns", property_int<&D::config, &C::limits, &Limits::connections_max>},
    {"maxResponseCacheSize"},
    {"maxGetChildrenResponseCacheSize"},
    {"skipACL", set_skip_acl},
    {"enableEagerACLCheck", set_eager_acl_check},
    {"enforceQuota", property_bool<&D::config, &C::request, &R::enforce_quota>},
    {"largeRequestMaxBytes",
     property_int_from<1, &D::config, &C::limits, &Limits::large_request_bytes_max>},
    {"largeRequestThreshold", set_large_request_threshold},
    {"request_throttle_max_requests",
     property_int<&D::config, &C::request, &R::throttle_requests_max>},
    {"request_throttle_stall_time",
     property_int_from<1, &D::config, &C::request, &R::throttle_stall_time_ms>},
    {"request_throttle_drop_stale",
     property_bool<&D::config, &C::request, &R::throttle_drop_stale>},
    {"request_stale_connection_check",
     property_bool<&D::config, &C::request, &R::stale_connection_check>},
    {"request_stale_latency_check",
     property_bool<&D::config, &C::request, &R::stale_latency_check>},
    {"request_throttler.shutdownTimeout", set_throttler_shutdown_timeout},
    {"throttled_op_wait_time",
     property_int<&D::config, &C::request, &R::throttled_op_wait_time_ms>},
    {"connection_throttle_tokens", property_int<&D::config, &C::throttle, &T::tokens>},
    {"connection_throttle_fill_time",
     property_int_from<1, &D::config, &C::throttle, &T::fill_time_ms>},
    {"connection_throttle_fill_count", property_int<&D::config, &C::throttle, &T::fill_count>},
    {"connection_throttle_freeze_time", property_int<&D::config, &C::throttle, &T::freeze_time_ms>},
    {"connection_throttle_drop_increase",
     property_double<&D::config, &C::throttle, &T::drop_increase>},
    {"connection_throttle_drop_decrease",
     property_double<&D::config, &C::throttle, &T::drop_decrease>},
    {"connection_throttle_decrease_ratio",
     property_double<&D::config, &C::throttle, &T::decrease_ratio>},
    {"connection_throttle_weight_enabled",
     property_bool<&D::config, &C::throttle, &T::weight_enabled>},
    {"connection_throttle_global_session_weight",
     property_int_from<1, &D::config, &C::throttle, &T::global_session_weight>},
    {"connection_throttle_local_session_weight",
     property_int_from<1, &D::config, &C::throttle, &T::local_session_weight>},
    {"connection_throttle_renew_session_weight",
     property_int_from<1, &D::config, &C::throttle, &T::renew_session_weight>},

    // Client port.
    {"clientTcpKeepAlive",
     property_bool<&D::config, &C::client, &ClientPortConfig::tcp_keep_alive>},
    {"serverCnxnFactory"},
    {"nio.numSelectorThreads", set_selector_threads},
    {"nio.numWorkerThreads"},
    {"nio.directBufferBytes"},
    {"nio.shutdownTimeout"},
    {"nio.sessionlessCnxnTimeout",
     property_int_from<1, &D::config, &C::client, &ClientPortConfig::sessionless_timeout_ms>},
    {"client.portUnification", refuse_property_if_true},
    {"client.certReload", refuse_property_if_true},

    // Who may do what.
    {"sessionRequireClientSASLAuth", refuse_property_if_true},
    {"enforce.auth.enabled", property_bool<&D::enforce_auth_enabled>},
    {"enforce.auth.schemes", set_enforce_schemes},
    {"DigestAuthenticationProvider.enabled",
     property_bool<&D::config, &C::auth, &AuthConfig::digest_provider_enabled>},
    {"DigestAuthenticationProvider.superDigest", set_super_digest},
    {"DigestAuthenticationProvider.digestAlg",
     set_text<&D::config, &C::auth, &AuthConfig::digest_alg>, true},
    {"IPAuthenticationProvider.usexforwardedfor",
     without_effect_if_true<
         property_bool<&D::config, &C::auth, &AuthConfig::ip_uses_x_forwarded_for>>},
    {"IPAuthenticationProvider.trustedProxies", without_effect<set_trusted_proxies>},
    {"allowSaslFailedClients", note_sasl},
    {"letAnySaslUserDoX", note_sasl},
    {"superUser", note_sasl},
    {"SASLAuthenticationProvider.superPassword", note_sasl},
    {"sasl.serverconfig", note_sasl},
    {"security.auth_to_local", note_sasl},
    {"requireKerberosConfig", note_sasl},
    {"server.realm", note_sasl},
    {"kinit", note_sasl},
    {"X509AuthenticationProvider.superUser"},
    {"ensembleAuthName"},
    {"fips-mode"},

    // Operators.
    {"4lw.commands.whitelist", set_four_letter_whitelist},
    {"audit.enable",
     without_effect_if_true<property_bool<&D::config, &C::admin, &AdminConfig::audit_enabled>>},
    {"audit.impl.class"},
    {"admin.enableServer", without_effect_if_true<set_admin_enabled>},
    {"admin.serverAddress", without_effect<set_text<&D::config, &C::admin, &AdminConfig::address>>},
    {"admin.serverPort", without_effect<set_admin_port>},
    {"admin.commandURL", without_effect<set_admin_command_url>},
    {"admin.idleTimeout",
     without_effect<property_int<&D::config, &C::admin, &AdminConfig::idle_timeout_ms>>},
    {"admin.httpVersion"},
    {"admin.portUnification", refuse_property_if_true},
    {"admin.forceHttps", refuse_property_if_true},
    {"admin.needClientAuth"},
    {"admin.rateLimiterIntervalInMS",
     without_effect<property_long<&D::config, &C::admin, &AdminConfig::rate_limiter_interval_ms>>,
     true},
    {"admin.snapshot.enabled",
     without_effect_if_true<property_bool<&D::config, &C::admin, &AdminConfig::snapshot_enabled>>},
    {"admin.restore.enabled",
     without_effect_if_true<property_bool<&D::config, &C::admin, &AdminConfig::restore_enabled>>},

    // Ours (table 10).
    {"emptyDataVotes", property_bool<&D::config, &C::storage, &S::empty_data_votes>},
    {"sync.confirmLeadership",
     property_bool<&D::config, &C::request, &R::sync_confirms_leadership>},
    {"digestMismatchFatal", property_bool<&D::config, &C::storage, &S::digest_mismatch_fatal>},
    {"sessionSecret", set_session_secret},
    {"memoryLimitMb",
     without_effect<property_int_from<0, &D::config, &C::limits, &Limits::memory_limit_mb>>, true},
    {"maxWatchesPerConnection",
     property_int_from<0, &D::config, &C::limits, &Limits::watches_per_connection_max>, true},
    {"maxOutboxBytes", property_int_from<65536, &D::config, &C::limits, &Limits::outbox_bytes_max>,
     true},

    // Of the reference's inside.
    {"commitProcessor.numWorkerThreads"},
    {"commitProcessor.shutdownTimeout"},
    {"commitProcessor.maxReadBatchSize"},
    {"commitProcessor.maxCommitBatchSize"},
    {"intBufferStartingSizeBytes"},
    {"watchManagerName"},
    {"watcherCleanThreadsNum"},
    {"watcherCleanThreshold"},
    {"watcherCleanIntervalInSeconds"},
    {"maxInProcessingDeadWatchers"},
    {"bitHashCacheSize"},
    {"messageTracker.Enabled"},
    {"messageTracker.BufferSize"},
    {"jmx.log4j.disable"},
    {"jmx.log4j.mbean"},
    {"log.dir"},
    {"log.file"},
    {"controllerPort"},
    {"testingonly.initialZxid"},
    {"test.allowDiscontinuousProposals"},
});

constexpr auto kBareRows = std::to_array<ConfigKey>({
    {"jute.maxbuffer", property_int_from<1, &D::config, &C::limits, &Limits::frame_bytes_max>},
    {"readonlymode.enabled", property_bool<&D::config, &C::request, &R::read_only_mode_enabled>},
    {"znode.container.checkIntervalMs",
     property_int_from<1, &D::config, &C::request, &R::container_check_interval_ms>},
    {"znode.container.maxPerMinute",
     property_int_from<1, &D::config, &C::request, &R::container_deletes_per_minute_max>},
    {"znode.container.maxNeverUsedIntervalMs",
     property_long<&D::config, &C::request, &R::container_never_used_interval_ms_max>},
    {"follower.nodelay",
     without_effect_if_false<property_bool<&D::config, &C::quorum, &QuorumSettings::sync,
                                           &SyncSettings::follower_nodelay>>},
    {"leader.nodelay",
     without_effect_if_false<property_bool<&D::config, &C::quorum, &QuorumSettings::sync,
                                           &SyncSettings::leader_nodelay>>},
    {"java.security.auth.login.config", note_sasl},
});

struct Family {
  std::string_view prefix;
  std::string_view note;  // empty: refused
};

constexpr auto kFamilies = std::to_array<Family>({
    {"ssl.", ""},
    {"superUser.", "SASL is not supported yet: no effect"},
    {"kerberos.", "SASL is not supported yet: no effect"},
    {"netty.", "no effect in this server"},
    {"pathStats.", "no effect in this server"},
});

// Providers by class name. An unknown class would leave a scheme that somebody counts on missing.
Verdict set_auth_provider(ByteView class_name) {
  constexpr std::string_view kPackage = "org.apache.zookeeper.server.auth.";
  if (class_name.starts_with(kPackage)) {
    ByteView name = class_name.substr(kPackage.size());
    if (name == "DigestAuthenticationProvider" || name == "IPAuthenticationProvider") {
      return taken();
    }
    if (name == "SASLAuthenticationProvider") {
      return taken("SASL is not supported yet: clients get an empty answer to their tokens");
    }
    return refused(std::string(kNotSupportedYet));
  }
  return refused("unknown authentication provider");
}

}  // namespace

std::span<const ConfigKey> property_keys() { return kRows; }
std::span<const ConfigKey> bare_keys() { return kBareRows; }

std::optional<Verdict> set_property_family(std::string_view name, ByteView value) {
  if (name.starts_with("authProvider.")) return set_auth_provider(value);
  for (const Family& family : kFamilies) {
    if (!name.starts_with(family.prefix)) continue;
    return family.note.empty() ? refused(std::string(kNotSupportedYet))
                               : taken(std::string(family.note));
  }
  return std::nullopt;
}

}  // namespace okapi
