#include "common/os/thread_scheduler.h"

#include <algorithm>

#include "common/base/assert.h"
#include "common/os/home_thread.h"

namespace okapi {

ThreadScheduler::ThreadScheduler(const Clock& clock) : clock_(clock) {}

ThreadScheduler::~ThreadScheduler() {
  MutexLock lock(mutex_);
  OKAPI_ASSERT(cells_.empty());
  for (auto& home : ending_) home->join();
}

Bell& ThreadScheduler::enroll(Stage& stage, const StageOptions& options) {
  join_ended();
  std::shared_ptr<Cell> cell;
  {
    MutexLock lock(mutex_);
    auto& home = homes_[options.home];
    bool fresh = home == nullptr;
    if (fresh) home = std::make_shared<Home>(options.home, clock_, wakes_);
    cell = std::make_shared<Cell>(stage, options.lending, home);
    OKAPI_ASSERT(cells_.emplace(&stage, cell).second);
    home->add(cell, static_cast<OsPoller*>(options.poller));
    if (fresh) home->start();
  }
  stage.keep(cell);
  return *cell;
}

void ThreadScheduler::retire(Stage& stage) {
  std::shared_ptr<Cell> cell;
  std::shared_ptr<Home> ended;
  {
    MutexLock lock(mutex_);
    auto found = cells_.find(&stage);
    OKAPI_ASSERT(found != cells_.end());
    cell = found->second;
    cells_.erase(found);
  }
  cell->retire();
  {
    MutexLock lock(mutex_);
    if (cell->home().remove(cell)) {
      for (auto it = homes_.begin(); it != homes_.end(); ++it) {
        if (it->second.get() != &cell->home()) continue;
        ended = it->second;
        homes_.erase(it);
        break;
      }
    }
  }
  if (ended == nullptr) return;
  if (!ended->is_mine()) return ended->join();
  MutexLock lock(mutex_);
  ending_.push_back(std::move(ended));
}

// Not those that have still something to do: whoever waits for them may be what they wait for.
void ThreadScheduler::join_ended() {
  std::vector<std::shared_ptr<Home>> ended;
  {
    MutexLock lock(mutex_);
    auto rest = std::partition(ending_.begin(), ending_.end(),
                               [](const auto& home) { return !home->has_ended(); });
    ended.assign(rest, ending_.end());
    ending_.erase(rest, ending_.end());
  }
  for (auto& home : ended) home->join();
}

int64_t ThreadScheduler::wakes() const { return wakes_.load(std::memory_order_relaxed); }

}  // namespace okapi
