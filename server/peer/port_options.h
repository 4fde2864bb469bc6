// What the quorum port takes from the server's settings. Pure, any thread.
#pragma once

#include "server/config/server_config.h"
#include "server/peer/leader_link.h"
#include "server/peer/learner_acceptor.h"
#include "server/storage/data_dir.h"
#include "server/zab/learner_links.h"

namespace okapi {

// For a term of member `own`: this server, as the membership in use has it. The directories are
// those of DataDir.
LearnerAcceptorOptions learner_acceptor_options(const ServerConfig& config, const QuorumServer& own,
                                                const DataDir& data, uint32_t term);
// `member` as observers know it: with observerMasterPort in place of the quorum port.
QuorumServer with_observer_port(const ServerConfig& config, QuorumServer member);
// How many observers are brought up to date at once.
SyncBounds sync_bounds(const SyncSettings& sync);
// For the way to `leader`, as the membership in use has it.
LeaderLinkOptions leader_link_options(const ServerConfig& config, const QuorumServer& leader);

}  // namespace okapi
