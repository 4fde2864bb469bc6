#include "server/database/purge_task.h"

namespace okapi {
namespace {

// Until somebody who replaces the tree or cuts the log is through.
constexpr Nanos kRetryPause = std::chrono::seconds(30);

}  // namespace

PurgeTask::PurgeTask(Env& env, TreeLeases& leases, const PurgeOptions& options, Nanos interval)
    : env_(env), leases_(leases), options_(options), interval_(interval) {
  OKAPI_ASSERT(interval > Nanos::zero());
}

void PurgeTask::step(Turn& turn) {
  if (!purge_ && turn.now() >= next_) begin(turn.now());
  if (purge_) run_slice(turn);
  if (!purge_) turn.wake_at(next_);
}

void PurgeTask::begin(MonoTime now) {
  lease_ = leases_.take();
  if (!lease_) {
    next_ = now + kRetryPause;
    return;
  }
  OKAPI_INFO(env_.log(), "Purge task started.");
  next_ = now + interval_;
  purge_.emplace(StorageContext{env_.disk(), env_.clock(), env_.log()}, options_);
}

void PurgeTask::run_slice(Turn& turn) {
  if (lease_->recalled()) {
    OKAPI_INFO(env_.log(), "Purge task interrupted.");
    next_ = turn.now() + kRetryPause;
    end();
    return;
  }
  auto done = purge_->step();
  if (!done.ok()) {
    OKAPI_WARN(env_.log(), "Error occurred while purging: {}", done.error().text);
    end();
  } else if (*done) {
    OKAPI_INFO(env_.log(), "Purge task completed.");
    rounds_.add();
    end();
  } else {
    turn.again();
  }
}

void PurgeTask::end() {
  removed_.add(static_cast<int64_t>(purge_->removed().size()));
  purge_.reset();
  lease_.reset();
}

}  // namespace okapi
