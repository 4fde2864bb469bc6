#include "common/os/home_thread.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {
namespace {

// Turns that one step may borrow, so that guests who keep each other busy do not keep their host. A
// lone write takes seven.
constexpr size_t kLoansMax = 16;

}  // namespace

void ThreadScheduler::Home::add(const std::shared_ptr<Cell>& cell, OsPoller* poller) {
  MutexLock lock(mutex_);
  OKAPI_ASSERT(cells_.empty() || (poller == nullptr && poller_ == nullptr));
  cells_.push_back(cell);
  cells_changed_.store(true);
  if (poller != nullptr) {
    poller_ = poller;
    polled_cell_ = cell;
  }
}

bool ThreadScheduler::Home::remove(const std::shared_ptr<Cell>& cell) {
  bool last;
  {
    MutexLock lock(mutex_);
    std::erase(cells_, cell);
    cells_changed_.store(true);
    last = cells_.empty();
    if (last) {
      ending_.store(true);
      queued_.store(1);
    }
  }
  if (!last) return false;
  queued_.notify_one();
  wake();
  // Who found it asleep a moment ago is not caught with a poller that its owner takes away.
  while (wakers_.load() != 0) std::this_thread::yield();
  return true;
}

void ThreadScheduler::Home::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    Context::mine().home = this;
    loop();
    ended_.store(true);
  });
}

void ThreadScheduler::Home::join() {
  thread_.join();
  MutexLock lock(mutex_);
  queue_.clear();
  my_cells_.clear();
}

void ThreadScheduler::Home::enqueue(std::shared_ptr<Cell> cell) {
  {
    MutexLock lock(mutex_);
    if (ending_.load()) return;  // the cell has retired meanwhile
    queue_.push_back(std::move(cell));
    queued_.store(static_cast<int>(queue_.size()));
  }
  queued_.notify_one();
  wake_from_sleep();
}

void ThreadScheduler::Home::note_deadline(int64_t deadline_ns) {
  timers_changed_.store(true);
  if (deadline_ns < sleeps_until_.load()) wake_from_sleep();
}

// Of those who find it asleep one wakes it. Counts first and looks second, as remove() says that it
// ends first and waits for the count second.
void ThreadScheduler::Home::wake_from_sleep() {
  wakers_.fetch_add(1);
  bool sleeps = !ending_.load() && sleeps_until_.load() != 0;
  if (sleeps && sleeps_until_.exchange(0) != 0) wake();
  wakers_.fetch_sub(1);
}

void ThreadScheduler::Home::wake() {
  wakes_.fetch_add(1, std::memory_order_relaxed);
  if (poller_ != nullptr) {
    poller_->interrupt();
    return;
  }
  futex_word_.fetch_add(1);
  syscall(SYS_futex, &futex_word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// Sleeps until woken, a socket is ready or the deadline has come. Says so before it sleeps and then
// looks at queue and timers again, so a waker either sees the flag or is seen (all of these words
// are sequentially consistent).
void ThreadScheduler::Home::park(int64_t deadline_ns) {
  uint32_t word = futex_word_.load();
  sleeps_until_.store(deadline_ns);
  bool news = queued_.load() != 0 || timers_changed_.load() || cells_changed_.load();
  if (!news && !ending_.load()) {
    int64_t left = deadline_ns - clock_.now().time_since_epoch().count();
    if (deadline_ns == Cell::kNever || left > 0) {
      if (poller_ != nullptr) {
        poller_->wait(Nanos(deadline_ns == Cell::kNever ? -1 : left));
      } else {
        timespec limit{left / 1'000'000'000, left % 1'000'000'000};
        syscall(SYS_futex, &futex_word_, FUTEX_WAIT_PRIVATE, word,
                deadline_ns == Cell::kNever ? nullptr : &limit, nullptr, 0);
      }
    }
  }
  sleeps_until_.store(0);
}

int64_t ThreadScheduler::Home::collect_timers(std::vector<std::shared_ptr<Cell>>& queue) {
  if (timers_changed_.load()) timers_changed_.exchange(false);  // before the look, not after
  if (cells_changed_.exchange(false)) {
    MutexLock lock(mutex_);
    my_cells_ = cells_;
  }
  int64_t earliest = Cell::kNever;
  int64_t now = 0;
  for (auto& cell : my_cells_) {
    int64_t deadline = cell->deadline();
    if (deadline == Cell::kNever) continue;
    if (now == 0) now = clock_.now().time_since_epoch().count();
    if (deadline > now) {
      earliest = std::min(earliest, deadline);
    } else if (cell->make_ready()) {
      queue.push_back(cell);
    }
  }
  return earliest;
}

void ThreadScheduler::Home::loop() {
  Context& context = Context::mine();
  std::vector<std::shared_ptr<Cell>> queue;
  bool parked = false;
  while (!ending_.load()) {
    if (queued_.load() != 0) {
      MutexLock lock(mutex_);
      std::move(queue_.begin(), queue_.end(), std::back_inserter(queue));
      queue_.clear();
      queued_.store(0);
    }
    int64_t earliest = collect_timers(queue);
    if (poller_ != nullptr) {
      // Just woken it has looked already.
      if (!queue.empty() && !std::exchange(parked, false)) poller_->wait(Nanos(0));
      if (queue.empty()) {
        park(earliest);
        parked = true;
      }
      if (poller_->has_news()) see_to_sockets(queue);
    } else if (queue.empty()) {
      park(earliest);
    }
    run_queue(queue);
    queue.swap(context.own);
  }
}

// The poller would tell the news again and again while a guest has the stage: better to wait for
// the guest, who gives it back.
void ThreadScheduler::Home::see_to_sockets(std::vector<std::shared_ptr<Cell>>& queue) {
  auto cell = polled_cell_.lock();
  if (cell == nullptr) return;
  Cell::Claim claim = cell->claim();
  if (claim == Cell::Claim::kReady) queue.push_back(std::move(cell));
  if (claim == Cell::Claim::kWithGuest && queue.empty()) queued_.wait(0);
}

// Runs what is ready here, and after each step the turns that this step may borrow. What rings a
// stage of this home meanwhile runs once more before the thread looks at its sockets again.
void ThreadScheduler::Home::run_queue(std::vector<std::shared_ptr<Cell>>& queue) {
  Context& context = Context::mine();
  for (int pass = 0; pass < 2; ++pass) {
    for (auto& cell : queue) {
      context.in_step = true;
      Cell::Outcome outcome = cell->run(clock_, false);
      // Rule 4: Sync with more to write does not serve others first.
      bool busy = outcome.more && cell->lending() == Lending::kWaiting;
      lend_turns(outcome.lends, !busy);
      context.in_step = false;
      if (outcome.more) context.own.push_back(std::move(cell));
    }
    queue.clear();
    if (pass == 0) queue.swap(context.own);
  }
}

void ThreadScheduler::Home::lend_turns(bool to_waiting, bool allowed) {
  std::vector<std::shared_ptr<Cell>>& pending = Context::mine().pending;
  for (size_t i = 0; i < pending.size(); ++i) {  // grows while it runs
    std::shared_ptr<Cell> cell = std::move(pending[i]);
    bool refused = cell->lending() == Lending::kWaiting && !to_waiting;
    if (!allowed || refused || i >= kLoansMax) {
      Home& home = cell->home();
      home.enqueue(std::move(cell));
      continue;
    }
    // Rule 3: one turn per loan; the rest is the home's.
    if (cell->run(clock_, true).more) {
      Home& home = cell->home();
      home.enqueue(std::move(cell));
    }
  }
  pending.clear();
}

}  // namespace okapi
