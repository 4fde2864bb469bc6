// Where a client's sync goes: role_plan's row says which.
#pragma once

namespace okapi {

enum class SyncGoes {
  kAnsweredHere,  // standalone, leader: like a read, behind its session's own writes
  kToLeader,      // learner: waits like a write until SYNC comes back
};

}  // namespace okapi
