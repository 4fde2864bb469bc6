// A stage hosts parts. It has mailboxes in, sinks out and timers. `step` drains what is ready and
// returns; it never waits (waiting stages may call the disk). A step runs on one thread at a time;
// between steps the thread may change, and the scheduler orders memory from one step to the next.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/time.h"

namespace okapi {

// What a stage may ask of the scheduler during one step. Valid during that step only.
class Turn {
 public:
  explicit Turn(MonoTime now, bool borrowed) : now_(now), borrowed_(borrowed) {}
  // Monotonic time at the start of the step.
  MonoTime now() const { return now_; }
  // Whether a guest's thread runs this step: keep it short.
  bool borrowed() const { return borrowed_; }
  // Asks for a step at `time` at the latest. Forgotten when the next step begins.
  void wake_at(MonoTime time) {
    if (!deadline_ || time < *deadline_) deadline_ = time;
  }
  // Asks for another step as soon as others had theirs: a slice of long work is left.
  void again() { again_ = true; }
  // Lets this thread run a waiting stage (Sync) that this step made ready (architecture section 7,
  // hand-offs rule 6). Said by a Selector whose one connection is
  // alone, and by a LeaderLink behind packets.
  void lend_to_waiting() { lend_to_waiting_ = true; }

  const std::optional<MonoTime>& deadline() const { return deadline_; }
  bool wants_again() const { return again_; }
  bool lends_to_waiting() const { return lend_to_waiting_; }

 private:
  MonoTime now_;
  bool borrowed_;
  bool again_ = false;
  bool lend_to_waiting_ = false;
  std::optional<MonoTime> deadline_;
};

// Makes one stage ready. Any thread. Lives until its stage is destroyed or enrolled again; rung
// after the stage has retired, it is heard by nobody.
class Bell {
 public:
  virtual ~Bell() = default;
  // `heavy`: the mail is long (above 64 KB or a large batch), so its home should take it.
  virtual void ring(bool heavy) = 0;
  // In the simulator mail leaves when the disk calls before it are paid: then it is held and put
  // into the box later, in order. Never in production.
  bool holds() const { return holds_; }
  virtual void hold(std::function<void()> put) { put(); }

 protected:
  bool holds_ = false;
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual void step(Turn& turn) = 0;

  // The scheduler leaves the stage's bell here, so that it goes with the stage: a node enrols new
  // stages at each election.
  void keep(std::shared_ptr<Bell> bell) { bell_ = std::move(bell); }

 private:
  std::shared_ptr<Bell> bell_;
};

}  // namespace okapi
