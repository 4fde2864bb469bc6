#include "server/config/membership.h"

#include <memory>
#include <set>
#include <utility>

#include "server/config/dynamic_files.h"
#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/numeric_host.h"

namespace okapi {
namespace {

using Failure = std::optional<StartFailure>;

// Sessions of TTL nodes carry the server id in a byte that also holds 255.
constexpr int64_t kExtendedServerIdMax = 254;

StartFailure invalid(std::string text) { return {ExitCode::kInvalidInvocation, std::move(text)}; }
StartFailure unexpected(std::string text) { return {ExitCode::kUnexpectedError, std::move(text)}; }

StartFailure unreadable(const std::string& path, const std::string& why) {
  return invalid("Error processing " + printable(path) + ": " + why);
}

// Moves the lines of the dynamic file into the draft.
Failure read_dynamic_file(ConfigDraft& draft, const ConfigFileReader& read_file) {
  const std::string& path = draft.config.quorum.dynamic_config_file;
  auto text = read_file(path);
  if (!text.ok()) return unreadable(path, text.error().text);
  if (!text->has_value()) return unreadable(path, "file is missing");
  auto lines = read_member_lines(**text, printable(path) + ":");
  if (!lines.ok()) return invalid(lines.error().text);
  for (const MemberLine& line : *lines) {
    if (line.key == "version") {
      return invalid(line.place + "dynamic file shouldn't have version inside");
    }
  }
  draft.member_lines = std::move(*lines);
  return std::nullopt;
}

// What was proposed last. Without one the committed membership is it.
Failure read_next_file(ConfigDraft& draft, const std::string& file_name,
                       const ConfigFileReader& read_file, std::vector<std::string>& warnings) {
  QuorumSettings& quorum = draft.config.quorum;
  if (!draft.config.request.reconfig_enabled) return std::nullopt;
  const std::string path = next_file_name(file_name);
  auto text = read_file(path);
  if (!text.ok()) {
    warnings.push_back(printable(path) + ": " + text.error().text + "; it is passed over");
    return std::nullopt;
  }
  if (!text->has_value()) return std::nullopt;
  auto lines = read_member_lines(**text, printable(path) + ":");
  if (!lines.ok()) return invalid(lines.error().text);
  auto config = QuorumConfig::from_lines(*lines, quorum.rules());
  if (!config.ok()) return invalid(config.error().text);
  quorum.last_seen = std::make_shared<const QuorumConfig>(std::move(*config));
  return std::nullopt;
}

void note_size(size_t voters, std::vector<std::string>& warnings) {
  if (voters <= 2) {
    warnings.push_back("No server failure will be tolerated. You need at least 3 servers.");
  } else if (voters % 2 == 0) {
    warnings.push_back("Non-optimal configuration, consider an odd number of servers.");
  }
}

Failure read_members(ConfigDraft& draft, std::vector<std::string>& warnings) {
  QuorumSettings& quorum = draft.config.quorum;
  auto config = QuorumConfig::from_lines(draft.member_lines, quorum.rules());
  if (!config.ok()) return invalid(config.error().text);
  const std::vector<ServerId> voters = config->voters();
  if (voters.size() == 1 && quorum.standalone_enabled) {
    warnings.push_back("Invalid configuration, only one server specified (ignoring)");
  }
  auto counts = config->check_counts(quorum.standalone_enabled);
  if (!counts.ok()) return invalid(counts.error().text);
  if (config->members().empty()) return std::nullopt;
  const int64_t version =
      version_of_file_name(quorum.dynamic_config_file).value_or(config->version());
  quorum.members = std::make_shared<const QuorumConfig>(config->with_version(version));
  if (!quorum.is_distributed()) return std::nullopt;
  note_size(voters.size(), warnings);
  // The reference would wait for a leader for ever.
  if (!quorum.members->contains_quorum({voters.begin(), voters.end()})) {
    return invalid("all groups have weight 0: there can be no quorum");
  }
  return std::nullopt;
}

// Compat: a myid that is no number ends a standalone start too; only its first line counts.
Failure read_my_id(ServerConfig& config, const ConfigFileReader& read_file) {
  const std::string path = config.storage.data_dir + "/myid";
  auto text = read_file(path);
  if (!text.ok()) return unreadable(path, text.error().text);
  if (!text->has_value()) return std::nullopt;
  ByteView content = **text;
  ByteView first = content.substr(0, content.find_first_of("\r\n"));
  auto id = parse_java_long(first);
  if (!id) {
    std::string shown = content.empty() ? "null" : printable(first);
    return invalid(printable(path) + ":1: serverid " + shown + " is not a number");
  }
  config.my_id = *id;
  return std::nullopt;
}

const QuorumServer* own_member(const ServerConfig& config) {
  if (!config.my_id || !config.quorum.members) return nullptr;
  return config.quorum.members->find(ServerId(*config.my_id));
}

std::string shown(const HostPort& address) {
  return (address.host.empty() ? "0.0.0.0" : printable(address.host)) + ":" +
         std::to_string(address.port);
}

// The client part of the own server line is where clients are served; without one it is the static
// address.
Failure settle_client_address(ServerConfig& config) {
  const QuorumServer* own = own_member(config);
  if (own == nullptr) return std::nullopt;
  auto& address = config.client.address;
  if (!own->client) {
    if (!address) return std::nullopt;
    std::string host = is_wildcard_host(address->host) ? "0.0.0.0" : java_host_text(address->host);
    config.quorum.members = std::make_shared<const QuorumConfig>(
        config.quorum.members->with_static_client(own->sid, {std::move(host), address->port}));
    return std::nullopt;
  }
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

const char* name_of(PeerType type) {
  return type == PeerType::kObserver ? "OBSERVER" : "PARTICIPANT";
}

void settle_peer_type(ServerConfig& config, std::vector<std::string>& warnings) {
  const QuorumServer* own = own_member(config);
  const bool observer = own != nullptr && own->observer;
  const PeerType listed = observer ? PeerType::kObserver : PeerType::kParticipant;
  PeerType& type = config.quorum.peer_type;
  if (type == listed) return;
  warnings.push_back(std::string("Peer type from servers list (") + name_of(listed) +
                     ") doesn't match peerType (" + name_of(type) +
                     "). Defaulting to servers list.");
  type = listed;
}

// What a server among several cannot do without.
Failure check_distributed(ServerConfig& config) {
  const QuorumSettings& quorum = config.quorum;
  if (!quorum.is_distributed()) return std::nullopt;
  if (quorum.init_limit_ticks == 0) return invalid("initLimit is not set");
  if (quorum.sync_limit_ticks == 0) return invalid("syncLimit is not set");
  // The reference takes negative ones and then never waits for anybody.
  if (quorum.init_limit_ticks < 0) return invalid("initLimit must be positive");
  if (quorum.sync_limit_ticks < 0) return invalid("syncLimit must be positive");
  if (!config.my_id) return invalid("myid file is missing");
  if (own_member(config) == nullptr) {
    std::string sids;
    for (const auto& [sid, member] : quorum.members->members()) {
      sids += (sids.empty() ? "" : ", ") + std::to_string(sid.value());
    }
    return unexpected("My id " + std::to_string(*config.my_id) + " not in the peer list: " + sids);
  }
  if (config.request.extended_types_enabled && *config.my_id > kExtendedServerIdMax) {
    return unexpected(
        "extendedTypesEnabled is true but Server ID is too large. Cannot be larger "
        "than " +
        std::to_string(kExtendedServerIdMax));
  }
  config.server_id = *config.my_id;
  return std::nullopt;
}

}  // namespace

std::optional<StartFailure> read_membership(ConfigDraft& draft, const std::string& file_name,
                                            const ConfigFileReader& read_file,
                                            std::vector<std::string>& warnings) {
  ServerConfig& config = draft.config;
  const bool dynamic = !config.quorum.dynamic_config_file.empty();
  if (dynamic) {
    if (auto failure = read_dynamic_file(draft, read_file)) return failure;
  }
  if (auto failure = read_members(draft, warnings)) return failure;
  if (auto failure = read_my_id(config, read_file)) return failure;
  if (auto failure = settle_client_address(config)) return failure;
  settle_peer_type(config, warnings);
  if (auto failure = check_distributed(config)) return failure;
  if (!dynamic) return std::nullopt;
  return read_next_file(draft, file_name, read_file, warnings);
}

}  // namespace okapi
