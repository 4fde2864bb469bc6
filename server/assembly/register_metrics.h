// Which of the numbers that the parts count appears on the status board under which name (admin
// spec 2.3). Names that nobody counts stand there with their default.
#pragma once

#include <memory>
#include <vector>

#include "server/admin/status_board.h"
#include "server/front/acceptor.h"
#include "server/front/selector.h"
#include "server/peer/role.h"

namespace okapi {

// How the start went.
struct StartMetrics {
  Summary load_and_replay_ms, load_ms, replay_ms, txns_replayed;
  Counter digest_mismatches;

  void note(const Recovered& recovered);
};

// Each registration lasts as long as the part counts.
void register_start(StatusBoard& board, StartMetrics& start, std::vector<Registration>& out);
void register_front(StatusBoard& board, const Acceptor* acceptor,
                    const std::vector<std::unique_ptr<Selector>>& selectors,
                    std::vector<Registration>& out);
// Of a member of an ensemble.
void register_member(StatusBoard& board, Env& env, RoleMetrics& roles,
                     std::vector<Registration>& out);
void register_role(StatusBoard& board, RoleMetrics& roles, RolePipeline& pipeline,
                   std::vector<Registration>& out);

}  // namespace okapi
