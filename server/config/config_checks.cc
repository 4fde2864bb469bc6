#include "server/config/config_checks.h"

#include <algorithm>
#include <limits>

#include "server/config/membership.h"

namespace okapi {
namespace {

using Failure = std::optional<StartFailure>;

StartFailure invalid(std::string text) { return {ExitCode::kInvalidInvocation, std::move(text)}; }

Failure check_quorum_sasl(const ConfigDraft& draft) {
  auto disabled = [](const char* needed, const char* wanted) {
    return invalid(std::string(needed) + " is disabled, so cannot enable " + wanted);
  };
  constexpr auto kEnable = "quorum.auth.enableSasl";
  constexpr auto kServer = "quorum.auth.serverRequireSasl";
  constexpr auto kLearner = "quorum.auth.learnerRequireSasl";
  if (!draft.quorum_sasl_enabled && draft.quorum_sasl_server_required) {
    return disabled(kEnable, kServer);
  }
  if (!draft.quorum_sasl_enabled && draft.quorum_sasl_learner_required) {
    return disabled(kEnable, kLearner);
  }
  if (!draft.quorum_sasl_learner_required && draft.quorum_sasl_server_required) {
    return disabled(kLearner, kServer);
  }
  if (draft.quorum_sasl_enabled) {
    return invalid(std::string(kEnable) + "=true: " + std::string(kNotSupportedYet));
  }
  return std::nullopt;
}

void check_retain_count(StorageConfig& storage, std::vector<std::string>& warnings) {
  constexpr int32_t kLeast = 3;
  if (storage.autopurge_snap_retain_count >= kLeast) return;
  warnings.push_back(
      "Invalid autopurge.snapRetainCount: " + std::to_string(storage.autopurge_snap_retain_count) +
      ". Defaulting to " + std::to_string(kLeast));
  storage.autopurge_snap_retain_count = kLeast;
}

// Compat: the reference wonders about a path that is neither absolute nor begins with "./".
void warn_if_relative(const std::string& path, std::vector<std::string>& warnings) {
  if (path.starts_with("/") || path.starts_with("./")) return;
  warnings.push_back(printable(path) + " is relative. Prepend ./ to indicate that you're sure!");
}

Failure check_client_port(ConfigDraft& draft) {
  if (!draft.client_port) {
    if (draft.client_port_address) {
      return invalid("clientPortAddress is set but clientPort is not set");
    }
  } else {
    draft.config.client.address =
        HostPort{draft.client_port_address.value_or(""), static_cast<uint16_t>(*draft.client_port)};
  }
  if (draft.secure_client_port_address && !draft.secure_client_port) {
    return invalid("secureClientPortAddress is set but secureClientPort is not set");
  }
  return std::nullopt;
}

// A multiple of the tick, kept within 32 bits.
int32_t ticks(int32_t tick_time_ms, int32_t count) {
  int64_t product = int64_t{tick_time_ms} * count;
  return static_cast<int32_t>(std::min<int64_t>(product, std::numeric_limits<int32_t>::max()));
}

Failure set_session_timeouts(ConfigDraft& draft) {
  SessionConfig& session = draft.config.session;
  if (session.tick_time_ms == 0) return invalid("tickTime is not set");
  session.min_timeout_ms = draft.min_session_timeout_ms == -1 ? ticks(session.tick_time_ms, 2)
                                                              : draft.min_session_timeout_ms;
  session.max_timeout_ms = draft.max_session_timeout_ms == -1 ? ticks(session.tick_time_ms, 20)
                                                              : draft.max_session_timeout_ms;
  if (session.min_timeout_ms > session.max_timeout_ms) {
    return invalid("minSessionTimeout must not be larger than maxSessionTimeout");
  }
  return std::nullopt;
}

// Limits between servers that follow from others.
void set_quorum_times(ConfigDraft& draft) {
  QuorumSettings& quorum = draft.config.quorum;
  if (quorum.connect_to_learner_master_limit_ticks <= 0) {
    quorum.connect_to_learner_master_limit_ticks = quorum.init_limit_ticks;
  }
  const int32_t handshake = draft.quorum_handshake_timeout_ms.value_or(-1);
  quorum.election.handshake_timeout_ms =
      handshake > 0 ? handshake : ticks(draft.config.session.tick_time_ms, quorum.sync_limit_ticks);
  quorum.sync.observer_keeps_log = draft.observer_sync_enabled.value_or(draft.sync_enabled);
}

Failure set_enforced_schemes(ConfigDraft& draft) {
  if (!draft.enforce_auth_enabled) return std::nullopt;
  if (draft.enforce_auth_schemes.empty()) {
    return invalid(
        "zookeeper.enforce.auth.enabled is true zookeeper.enforce.auth.schemes must be  "
        "configured.");
  }
  draft.config.auth.enforced_schemes = draft.enforce_auth_schemes;
  return std::nullopt;
}

void set_whitelist(ServerConfig& config) {
  auto& words = config.admin.four_letter_whitelist;
  auto add = [&](const char* word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
  };
  add("srvr");
  if (config.request.read_only_mode_enabled) add("isro");
}

}  // namespace

std::optional<StartFailure> complete_settings(ConfigDraft& draft) {
  if (auto failure = set_session_timeouts(draft)) return failure;
  StorageConfig& storage = draft.config.storage;
  if (storage.data_log_dir.empty()) storage.data_log_dir = storage.data_dir;
  storage.max_write_queue_poll_time_ms =
      draft.max_write_queue_poll_time_ms.value_or(storage.flush_delay_ms / 3);
  Limits& limits = draft.config.limits;
  limits.disk_record_extra_bytes =
      std::max(draft.disk_record_extra_bytes.value_or(limits.frame_bytes_max), 1024);
  set_quorum_times(draft);
  set_whitelist(draft.config);
  return set_enforced_schemes(draft);
}

std::optional<StartFailure> check_config(ConfigDraft& draft, const std::string& file_name,
                                         const ConfigFileReader& read_file,
                                         std::vector<std::string>& warnings) {
  StorageConfig& storage = draft.config.storage;
  if (auto failure = check_quorum_sasl(draft)) return failure;
  check_retain_count(storage, warnings);
  if (storage.data_dir.empty()) return invalid(file_name + ": dataDir is not set");
  warn_if_relative(storage.data_dir, warnings);
  if (!storage.data_log_dir.empty()) warn_if_relative(storage.data_log_dir, warnings);
  if (auto failure = check_client_port(draft)) return failure;
  if (auto failure = complete_settings(draft)) return failure;
  return read_membership(draft, file_name, read_file, warnings);
}

}  // namespace okapi
