#include "server/peer/config_keeper.h"

#include "server/config/numeric_host.h"

namespace okapi {

ConfigKeeper::ConfigKeeper(Disk& disk, const Logger& log, const ServerConfig& config,
                           const std::string& directory)
    : log_(log),
      self_(config.server_id),
      configs_{config.quorum.members, config.quorum.last_seen},
      client_(config.client.address) {
  if (configs_.last_seen != nullptr && configs_.last_seen->version() <= current()->version()) {
    configs_.last_seen = nullptr;
  }
  if (config.file.empty()) return;
  files_.emplace(disk, config.file.starts_with("/") ? config.file : directory + "/" + config.file);
  // The members leave the config file at the first reconfiguration.
  if (!config.request.reconfig_enabled || !config.quorum.dynamic_config_file.empty()) return;
  write(files_->back_up(), "the copy of the config file");
}

const QuorumServer* ConfigKeeper::find(ServerId sid) const {
  const QuorumServer* found = current()->find(sid);
  if (found == nullptr && configs_.last_seen != nullptr) found = configs_.last_seen->find(sid);
  return found;
}

void ConfigKeeper::store_next(const SharedQuorumConfig& next) {
  const SharedQuorumConfig& known =
      configs_.last_seen != nullptr ? configs_.last_seen : configs_.current;
  if (next->version() <= known->version()) return;
  configs_.last_seen = next;
  changed_ = true;
  if (files_.has_value()) write(files_->write_next(*next), "the proposed membership");
}

void ConfigKeeper::void_next(const QuorumConfig& newest) {
  if (configs_.last_seen == nullptr || configs_.last_seen->version() <= newest.version()) return;
  OKAPI_INFO(log_, "The proposed membership of version 0x{:x} is void",
             configs_.last_seen->version());
  configs_.last_seen = nullptr;
  changed_ = true;
  if (files_.has_value()) write(files_->remove_next(), "the proposed membership");
}

void ConfigKeeper::activate(const SharedQuorumConfig& config) {
  if (config->version() <= current()->version()) return;
  configs_.current = config;
  changed_ = true;
  if (configs_.last_seen != nullptr && configs_.last_seen->version() <= config->version()) {
    configs_.last_seen = nullptr;
  }
  note_client_address();
  OKAPI_INFO(log_, "Membership of version 0x{:x} is in use", config->version());
  if (!files_.has_value()) return;
  write(files_->write_committed(*config, self_), "the membership");
  if (configs_.last_seen == nullptr) write(files_->remove_next(), "the proposed membership");
}

// Who is in the configuration no more stays where it was.
void ConfigKeeper::note_client_address() {
  const QuorumServer* member = own();
  if (member == nullptr || !member->client.has_value()) return;
  auto same_place = [](const HostPort& a, const HostPort& b) {
    return a.port == b.port &&
           (a.host == b.host || (is_wildcard_host(a.host) && is_wildcard_host(b.host)));
  };
  if (client_.has_value() && same_place(*client_, *member->client)) return;
  client_ = moved_ = member->client;
}

// Compat: the server goes on without the files, as the reference does.
void ConfigKeeper::write(const Status& done, const char* what) {
  if (!done.ok()) OKAPI_ERROR(log_, "{} could not be written: {}", what, done.error().text);
}

CnxPeers ConfigKeeper::peers() const {
  CnxPeers out;
  auto election_addresses = [](const QuorumServer& member) {
    std::vector<HostPort> list;
    for (const PeerAddress& at : member.addresses) list.push_back({at.host, at.election_port});
    return list;
  };
  auto add = [&](const QuorumConfig& config) {
    for (const auto& [sid, member] : config.members()) {
      if (sid != self_) out.addresses.try_emplace(sid, election_addresses(member));
    }
  };
  if (own() != nullptr) out.own = election_addresses(*own());
  add(*current());
  if (configs_.last_seen != nullptr) add(*configs_.last_seen);
  return out;
}

}  // namespace okapi
