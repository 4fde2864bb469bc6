// What an election takes from the server's settings. Pure, any thread.
#pragma once

#include "server/config/server_config.h"
#include "server/election/fast_leader_election.h"
#include "server/election/quorum_cnx_manager.h"

namespace okapi {

// For the connections of member `own`: this server, as the membership in use has it.
QuorumCnxOptions quorum_cnx_options(const ServerConfig& config, const QuorumServer& own);
ElectionTimes election_times(const ElectionSettings& settings);

}  // namespace okapi
