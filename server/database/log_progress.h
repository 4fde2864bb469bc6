// Mail from Sync to Snapshot: the log was rolled, so a snapshot is due; or how far the log, and the
// hint about it, are synced, which a finished snapshot waits for.
#pragma once

#include "common/base/ids.h"

namespace okapi {

struct LogProgress {
  Zxid synced;
  bool snapshot_due = false;
};

}  // namespace okapi
