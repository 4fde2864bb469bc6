// How the process ends (configuration spec section 3). Plain values: any thread.
#pragma once

namespace okapi {

enum class ExitCode : int {
  kFinished = 0,
  kUnexpectedError = 1,  // also: a failed write or sync of the log or an epoch file
  kInvalidInvocation = 2,
  kDataDirUnusable = 3,
  kAdminServerFailed = 4,
  kSnapshotFailed = 10,
  kUnableToBind = 14,  // a port between servers, after all retries
};

}  // namespace okapi
