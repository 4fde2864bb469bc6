// What the thread scheduler needs of a poller beyond the stage's side of it.
#pragma once

#include "common/env/net.h"

namespace okapi {

class OsPoller : public Poller {
 public:
  // Gathers readiness; waits up to `timeout` (negative: without end) if there is none. Home thread.
  virtual void wait(Nanos timeout) = 0;
  // Ends a wait() under way, or the next one. Any thread.
  virtual void interrupt() = 0;
  // Whether ready() has something that the stage has not seen.
  virtual bool has_news() const = 0;
};

}  // namespace okapi
