// What this room needs of the outside. Passed by value; the referents outlive the holder.
#pragma once

#include "common/base/log.h"
#include "common/env/clock.h"
#include "common/env/disk.h"

namespace okapi {

struct StorageContext {
  Disk& disk;
  const Clock& clock;
  const Logger& log;
};

}  // namespace okapi
