// The real scheduler: each stage has a home thread with a name; stages may share one. Who makes a
// stage ready runs it himself after his own step if the stage may be lent, else wakes its home
// (architecture section 7, hand-offs, rules 1 to 7).
//
// One atomic word per stage says idle, ready, running, or running with new mail. Whoever moves it
// from idle to ready is responsible that it runs; whoever ends a turn looks again. So no wake-up is
// lost, no stage runs twice at once, and nobody blocks.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/env/clock.h"
#include "common/env/scheduler.h"

namespace okapi {

class ThreadScheduler final : public Scheduler {
 public:
  explicit ThreadScheduler(const Clock& clock);
  // All stages must have retired, and none of their threads may call it.
  ~ThreadScheduler() override;

  Bell& enroll(Stage& stage, const StageOptions& options) override;
  void retire(Stage& stage) override;

  // How often a sleeping thread was woken by another: the benchmark's hand-off counter.
  int64_t wakes() const;

 private:
  class Cell;
  class Home;
  struct Context;

  void join_ended();

  const Clock& clock_;
  std::atomic<int64_t> wakes_{0};
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Home>> homes_ GUARDED_BY(mutex_);
  std::map<Stage*, std::shared_ptr<Cell>> cells_ GUARDED_BY(mutex_);
  // Homes whose last stage was retired on their own thread: joined by a later enroll(), or at the
  // end.
  std::vector<std::shared_ptr<Home>> ending_ GUARDED_BY(mutex_);
};

}  // namespace okapi
