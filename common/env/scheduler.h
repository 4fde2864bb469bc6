// Runs stages. The real one gives each stage a named home thread; the simulator steps one runnable
// stage after the other in an order drawn from a seed.
#pragma once

#include <string>

#include "common/env/net.h"
#include "common/env/stage.h"

namespace okapi {

// Whose thread may take a stage's turn (architecture section 7, hand-offs).
enum class Lending {
  kHomeOnly,  // stages with many sockets; and those that wait, with the one exception below
  kAnyone,    // stages that never wait: a guest runs them after his own step. In a borrowed turn
              // Poller::ready() is not to be asked: the home may be gathering.
  kWaiting,   // Sync: home only, but who said Turn::lend_to_waiting may run it
};

struct StageOptions {
  // Thread name, at most 15 characters. Stages with the same home share that thread.
  std::string home;
  Lending lending = Lending::kHomeOnly;
  // The stage's sockets, if it has any. A stage with a poller has its home for itself. Must outlive
  // the enrolment.
  Poller* poller = nullptr;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Takes the stage in. Its first step comes when its bell first rings, so that it can be connected
  // before. Any thread. The bell lives as long as the stage, unless it is enrolled again.
  virtual Bell& enroll(Stage& stage, const StageOptions& options) = 0;
  // Takes the stage out. When it returns, no step of it runs or will run, and its poller is not
  // used any more. Any thread, and any step but the stage's own (asserted), whoever has borrowed
  // it; two steps that retire each other's stages wait for ever. A home with no stage left ends its
  // thread: before this returns, or after the turn if that thread is the caller.
  virtual void retire(Stage& stage) = 0;
};

}  // namespace okapi
