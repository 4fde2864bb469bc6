#include "server/config/config_checks.h"

#include <algorithm>
#include <limits>

#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/numeric_host.h"

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

// Moves the lines of a dynamic file into the draft.
Failure read_dynamic_file(ConfigDraft& draft, const ConfigFileReader& read_file) {
  auto text = read_file(draft.dynamic_config_file);
  const std::string path = printable(draft.dynamic_config_file);
  if (!text.ok()) return invalid("Error processing " + path + ": " + text.error().text);
  if (!text->has_value()) return invalid("Error processing " + path + ": file is missing");
  JavaProperties properties = parse_java_properties(**text);
  if (properties.malformed_line != 0) {
    return invalid(path + ":" + std::to_string(properties.malformed_line) +
                   ": Malformed \\uxxxx encoding.");
  }
  for (Property& entry : properties.entries) {
    std::string key(java_trim(entry.key));
    auto place = path + ":" + std::to_string(entry.line) + ": ";
    if (key == "version") return invalid(place + "dynamic file shouldn't have version inside");
    std::erase_if(draft.member_lines, [&](const MemberLine& line) { return line.key == key; });
    draft.member_lines.push_back({std::move(key), std::string(java_trim(entry.value)), place});
  }
  return std::nullopt;
}

Failure read_members(ConfigDraft& draft, std::vector<std::string>& warnings) {
  QuorumSettings& quorum = draft.config.quorum;
  auto config = QuorumConfig::from_lines(draft.member_lines,
                                         {.multi_address_enabled = quorum.multi_address_enabled});
  if (!config.ok()) return invalid(config.error().text);
  const size_t voters = config->voters().size();
  if (voters == 1 && quorum.standalone_enabled) {
    warnings.push_back("Invalid configuration, only one server specified (ignoring)");
  }
  auto counts = config->check_counts(quorum.standalone_enabled);
  if (!counts.ok()) return invalid(counts.error().text);
  if (voters > 0) quorum.members = std::make_shared<const QuorumConfig>(std::move(*config));
  if (voters == 1 && !quorum.standalone_enabled) {
    return invalid("standaloneEnabled=false: " + std::string(kNotSupportedYet));
  }
  if (voters > 1) return invalid("several voting servers are " + std::string(kNotSupportedYet));
  return std::nullopt;
}

// Compat: a myid that is no number ends a standalone start too; only its first line counts.
Failure read_my_id(ServerConfig& config, const ConfigFileReader& read_file) {
  auto text = read_file(config.storage.data_dir + "/myid");
  const std::string path = printable(config.storage.data_dir + "/myid");
  if (!text.ok()) return invalid("Error processing " + path + ": " + text.error().text);
  if (!text->has_value()) return std::nullopt;
  ByteView content = **text;
  ByteView first = content.substr(0, content.find_first_of("\r\n"));
  auto id = parse_java_long(first);
  if (!id) {
    std::string shown = content.empty() ? "null" : printable(first);
    return invalid(path + ":1: serverid " + shown + " is not a number");
  }
  config.my_id = *id;
  return std::nullopt;
}

std::string shown(const HostPort& address) {
  return (address.host.empty() ? "0.0.0.0" : printable(address.host)) + ":" +
         std::to_string(address.port);
}

// The client part of the own server line is where clients are served.
Failure take_client_address(ServerConfig& config) {
  if (!config.my_id || !config.quorum.members) return std::nullopt;
  const QuorumServer* own = config.quorum.members->find(ServerId(*config.my_id));
  if (own == nullptr || !own->client) return std::nullopt;
  auto& address = config.client.address;
  if (address &&
      (address->port != own->client->port ||
       (!is_wildcard_host(address->host) && java_host_text(address->host) != own->client->host))) {
    return invalid(
        "client address for this server (id = " + std::to_string(own->sid.value()) +
        ") in static config file is " + shown(*address) +
        " is different from client address found in dynamic file: " + shown(*own->client));
  }
  address = own->client;
  return std::nullopt;
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
  draft.config.quorum.peer_type = draft.peer_type.value_or(PeerType::kParticipant);
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
  if (!draft.dynamic_config_file.empty()) {
    if (auto failure = read_dynamic_file(draft, read_file)) return failure;
  }
  if (auto failure = read_members(draft, warnings)) return failure;
  if (auto failure = read_my_id(draft.config, read_file)) return failure;
  return take_client_address(draft.config);
}

}  // namespace okapi
