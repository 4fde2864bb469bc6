// The memberships that this server goes by: the one in use and the one proposed last, in memory and
// in the files beside the config file (peer-protocol spec 6.7, 11.5). A part of QuorumPeer; its
// blocking calls come at reconfigurations only.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "server/config/membership_files.h"
#include "server/config/server_config.h"
#include "server/election/election_mail.h"

namespace okapi {

class ConfigKeeper {
 public:
  // `config.quorum.members` is there. `directory`: the working directory, for a config file that
  // was named relative to it.
  ConfigKeeper(Disk& disk, const Logger& log, const ServerConfig& config,
               const std::string& directory);

  const ElectionConfigs& configs() const { return configs_; }
  const SharedQuorumConfig& current() const { return configs_.current; }
  // Null when it is the current one.
  SharedQuorumConfig last_seen() const { return configs_.last_seen; }
  // This server as the membership in use has it; a stranger has none.
  const QuorumServer* own() const { return current()->find(self_); }
  // Member `sid` in use, or proposed.
  const QuorumServer* find(ServerId sid) const;
  bool observes() const { return current()->is_observer(self_); }

  // Proposed, or told of; older ones are ignored.
  void store_next(const SharedQuorumConfig& next);
  // Nothing beyond `newest` is proposed any more.
  void void_next(const QuorumConfig& newest);
  // In use from here on, unless it is older.
  void activate(const SharedQuorumConfig& config);
  // Whether one of the two changed since this was asked last.
  bool take_changed() { return std::exchange(changed_, false); }

  // Where clients are to be served from here on, once for each time that it changes.
  std::optional<HostPort> take_client_address() { return std::exchange(moved_, std::nullopt); }

  // Everybody's election addresses.
  CnxPeers peers() const;

 private:
  void note_client_address();
  void write(const Status& done, const char* what);

  const Logger& log_;
  const ServerId self_;
  std::optional<MembershipFiles> files_;
  ElectionConfigs configs_;
  std::optional<HostPort> client_;  // where this server serves clients
  std::optional<HostPort> moved_;   // client_, until that is told
  bool changed_ = true;
};

}  // namespace okapi
