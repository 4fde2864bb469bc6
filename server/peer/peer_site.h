// What QuorumPeer and its roles work with. All of it outlives them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/config/exit_code.h"
#include "server/peer/role_pipeline.h"

namespace okapi {

struct PeerSite {
  Env& env;
  const ServerConfig& config;
  const ProviderRegistry& registry;
  const DataDir& data_dir;
  ZkDatabase& database;
  ReplicaStore& store;
  TreeLeases& leases;
  WatchTables& watches;
  const HomeOf& home_of;
  const std::vector<WorkerDoor>& doors;
  Mailbox<AdminTerm>& admin_terms;
  Mailbox<SessionsAnswer>& admin;
  SnapshotSettings snapshots;
  // Called on QuorumPeer's home thread: a pipeline has begun to serve, or is about to end.
  std::function<void(RolePipeline&)> on_serving;
  std::function<void()> on_ending;
  // In any of its steps: a reconfiguration has clients served at this address.
  std::function<void(const HostPort&)> on_client_address;

  ServerId self() const { return ServerId(config.server_id); }
  // A file that the protocol rests on could not be read or written: ends the process.
  void must(const Status& done) const {
    if (!done.ok()) env.fatal(static_cast<int>(ExitCode::kUnexpectedError), done.error().text);
  }
  Nanos ticks(int64_t count) const { return Millis(config.session.tick_time_ms * count); }
};

}  // namespace okapi
