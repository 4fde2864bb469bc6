// Roles are data, not classes: one row says what a role does with requests (architecture section
// 5). role_pipeline builds stages from a row. Constants.
#pragma once

#include <array>
#include <string_view>

#include "common/base/assert.h"
#include "server/request/sync_goes.h"
#include "server/session/session_tracker.h"

namespace okapi {

enum class Role { kStandalone, kLeader, kFollower, kObserver, kReadOnly };

enum class WritesGo { kToOwnPrep, kToLeader, kNowhere };

// Which new sessions are local.
enum class OpensLocal { kNever, kIfEnabled, kAlways };

struct RolePlan {
  Role role;
  std::string_view name;        // as `srvr` and `mntr` print it
  std::string_view peer_state;  // as `mntr` prints it; empty: not there
  WritesGo writes_go;           // who prepares, and so assigns zxids
  SyncGoes sync_goes;
  SessionsTracked sessions;
  OpensLocal local_sessions;
};

inline constexpr std::array kRolePlans = {
    RolePlan{Role::kStandalone, "standalone", "", WritesGo::kToOwnPrep, SyncGoes::kAnsweredHere,
             SessionsTracked::kHere, OpensLocal::kNever},
    RolePlan{Role::kLeader, "leader", "leading - broadcast", WritesGo::kToOwnPrep,
             SyncGoes::kToLeader, SessionsTracked::kHere, OpensLocal::kIfEnabled},
    RolePlan{Role::kFollower, "follower", "following - broadcast", WritesGo::kToLeader,
             SyncGoes::kToLeader, SessionsTracked::kByLeader, OpensLocal::kIfEnabled},
    RolePlan{Role::kObserver, "observer", "observing - broadcast", WritesGo::kToLeader,
             SyncGoes::kToLeader, SessionsTracked::kByLeader, OpensLocal::kIfEnabled},
    // Compat: without localSessionsEnabled the reference answers handshakes of a read-only server
    // with an error frame (client-protocol 11.4).
    RolePlan{Role::kReadOnly, "read-only", "", WritesGo::kNowhere, SyncGoes::kAnsweredHere,
             SessionsTracked::kByNobody, OpensLocal::kAlways},
};

// A server that finds no quorum: reads of what it has, for those who asked for no more.
constexpr bool is_read_only(const RolePlan& plan) { return plan.writes_go == WritesGo::kNowhere; }

constexpr const RolePlan& role_plan(Role role) {
  for (const RolePlan& plan : kRolePlans) {
    if (plan.role == role) return plan;
  }
  assertion_failed("role has a row", __FILE__, __LINE__);
}

}  // namespace okapi
