// Where a client's sync goes: role_plan's row says which.
#pragma once

namespace okapi {

enum class SyncGoes {
  kAnsweredHere,  // standalone: like a read, behind its session's own writes
  kToLeader,      // member: waits like a write until the leader, another one or this, answers it
};

}  // namespace okapi
