// Time of the world. Any thread.
#pragma once

#include "common/base/time.h"

namespace okapi {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  // Only for ctime, mtime and messages; may jump.
  virtual WallTime wall() const = 0;
};

}  // namespace okapi
