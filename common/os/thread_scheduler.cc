#include "common/os/thread_scheduler.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <thread>
#include <vector>

#include "common/base/assert.h"
#include "common/os/os_poller.h"

namespace okapi {
namespace {

constexpr int64_t kNever = INT64_MAX;
// Turns that one step may borrow, so that guests who keep each other busy do not keep their host. A
// lone write takes seven.
constexpr size_t kLoansMax = 16;

enum class CellState : uint32_t { kIdle, kReady, kRunning, kRunningMail, kRetired };

}  // namespace

class ThreadScheduler::Cell final : public Bell, public std::enable_shared_from_this<Cell> {
 public:
  Cell(Stage& stage, Lending lending, std::shared_ptr<Home> home)
      : stage_(stage), lending_(lending), home_(std::move(home)) {}

  void ring(bool heavy) override;
  // Runs one step if the stage is still ready. `home_turn` is where its home puts it if it has more
  // to do. Returns the finished turn's wishes.
  struct Outcome {
    bool more = false;
    bool lends = false;
  };
  Outcome run(const Clock& clock, bool borrowed);
  bool make_ready() {
    CellState idle = CellState::kIdle;
    return state_.compare_exchange_strong(idle, CellState::kReady);
  }
  void retire();
  Lending lending() const { return lending_; }
  Home& home() const { return *home_; }
  int64_t deadline() const { return deadline_ns_.load(std::memory_order_relaxed); }

 private:
  Stage& stage_;
  const Lending lending_;
  const std::shared_ptr<Home> home_;
  std::atomic<CellState> state_{CellState::kIdle};
  std::atomic<bool> retiring_{false};
  std::atomic<int64_t> deadline_ns_{kNever};
};

class ThreadScheduler::Home : public std::enable_shared_from_this<Home> {
 public:
  Home(std::string name, const Clock& clock, std::atomic<int64_t>& wakes)
      : name_(std::move(name)), clock_(clock), wakes_(wakes) {}

  // A poller comes with the only stage of its home, before start(): so the thread and those who
  // wake it need no lock to know it, and it is used no longer than the stage is enrolled.
  void add(const std::shared_ptr<Cell>& cell, OsPoller* poller);
  // Whether it was the last one; then the thread ends by itself.
  bool remove(const std::shared_ptr<Cell>& cell);
  void start();
  // After the last remove(). Lets go of the cells, which hold this home.
  void join();
  // Any thread: `cell` is ready and this thread shall run it.
  void enqueue(std::shared_ptr<Cell> cell);
  // A guest set a timer and has ended the turn: wakes if it is earlier than what the thread sleeps
  // for, and is seen before the thread sleeps if it is awake.
  void note_deadline(int64_t deadline_ns);

 private:
  void loop();
  void run_queue(std::vector<std::shared_ptr<Cell>>& queue);
  void lend_turns(bool to_waiting, bool allowed);
  int64_t collect_timers(std::vector<std::shared_ptr<Cell>>& queue);
  void park(int64_t deadline_ns);
  void wake();
  void wake_from_sleep();

  const std::string name_;
  const Clock& clock_;
  std::atomic<int64_t>& wakes_;
  std::thread thread_;
  Mutex mutex_;
  std::vector<std::shared_ptr<Cell>> queue_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Cell>> cells_ GUARDED_BY(mutex_);
  std::atomic<size_t> queued_{0};
  std::atomic<bool> ending_{false};
  std::atomic<bool> cells_changed_{true};
  std::atomic<bool> timers_changed_{false};      // by a guest, since they were last looked at
  std::vector<std::shared_ptr<Cell>> my_cells_;  // this thread's copy of cells_
  std::weak_ptr<Cell> polled_cell_;
  OsPoller* poller_ = nullptr;
  std::atomic<int64_t> sleeps_until_{0};  // 0 = awake
  std::atomic<uint32_t> futex_word_{0};
};

// What a home thread is doing, for the stages it rings.
struct ThreadScheduler::Context {
  Home* home = nullptr;
  bool in_step = false;
  std::vector<std::shared_ptr<Cell>> own;      // ready stages of this home
  std::vector<std::shared_ptr<Cell>> pending;  // ready stages of others, perhaps to be borrowed
  static Context& mine() {
    thread_local Context context;
    return context;
  }
};

void ThreadScheduler::Cell::ring(bool heavy) {
  CellState state = state_.load();
  for (;;) {
    if (state == CellState::kIdle) {
      if (state_.compare_exchange_weak(state, CellState::kReady)) break;
    } else if (state == CellState::kRunning) {
      if (state_.compare_exchange_weak(state, CellState::kRunningMail)) return;
    } else {
      return;
    }
  }
  Context& context = Context::mine();
  if (context.in_step && context.home == home_.get()) {
    context.own.push_back(shared_from_this());
  } else if (context.in_step && !heavy && lending_ != Lending::kHomeOnly) {
    context.pending.push_back(shared_from_this());
  } else {
    home_->enqueue(shared_from_this());
  }
}

ThreadScheduler::Cell::Outcome ThreadScheduler::Cell::run(const Clock& clock, bool borrowed) {
  CellState ready = CellState::kReady;
  if (retiring_.load() || !state_.compare_exchange_strong(ready, CellState::kRunning)) return {};
  deadline_ns_.store(kNever, std::memory_order_relaxed);
  Turn turn(clock.now(), borrowed);
  stage_.step(turn);
  int64_t deadline = kNever;
  if (turn.deadline().has_value()) {
    deadline = turn.deadline()->time_since_epoch().count();
    deadline_ns_.store(deadline, std::memory_order_relaxed);
  }
  CellState running = CellState::kRunning;
  bool more = turn.wants_again() || !state_.compare_exchange_strong(running, CellState::kIdle);
  if (more) state_.store(CellState::kReady);
  // Only now: a home that looks at a timer already due while the turn runs cannot make it ready.
  if (borrowed && deadline != kNever) home_->note_deadline(deadline);
  return {more, turn.lends_to_waiting()};
}

void ThreadScheduler::Cell::retire() {
  retiring_.store(true);  // a stage that always wants more shall not win every race for its word
  for (;;) {
    CellState state = state_.load();
    if (state == CellState::kRunning || state == CellState::kRunningMail) {
      std::this_thread::yield();
    } else if (state_.compare_exchange_weak(state, CellState::kRetired)) {
      return;
    }
  }
}

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
    if (last) ending_.store(true);
  }
  if (last) wake();
  return last;
}

void ThreadScheduler::Home::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    Context::mine().home = this;
    loop();
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
    queued_.store(queue_.size());
  }
  wake_from_sleep();
}

void ThreadScheduler::Home::note_deadline(int64_t deadline_ns) {
  timers_changed_.store(true);
  if (deadline_ns < sleeps_until_.load()) wake_from_sleep();
}

// Of those who find it asleep one wakes it.
void ThreadScheduler::Home::wake_from_sleep() {
  if (sleeps_until_.load() != 0 && sleeps_until_.exchange(0) != 0) wake();
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
    if (deadline_ns == kNever || left > 0) {
      if (poller_ != nullptr) {
        poller_->wait(Nanos(deadline_ns == kNever ? -1 : left));
      } else {
        timespec limit{left / 1'000'000'000, left % 1'000'000'000};
        syscall(SYS_futex, &futex_word_, FUTEX_WAIT_PRIVATE, word,
                deadline_ns == kNever ? nullptr : &limit, nullptr, 0);
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
  int64_t earliest = kNever;
  int64_t now = 0;
  for (auto& cell : my_cells_) {
    int64_t deadline = cell->deadline();
    if (deadline == kNever) continue;
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
  while (!ending_.load()) {
    if (queued_.load() != 0) {
      MutexLock lock(mutex_);
      std::move(queue_.begin(), queue_.end(), std::back_inserter(queue));
      queue_.clear();
      queued_.store(0);
    }
    int64_t earliest = collect_timers(queue);
    if (poller_ != nullptr) {
      if (!queue.empty()) poller_->wait(Nanos(0));
      if (queue.empty()) park(earliest);
      if (poller_->has_news()) {
        if (auto cell = polled_cell_.lock(); cell && cell->make_ready()) queue.push_back(cell);
      }
    } else if (queue.empty()) {
      park(earliest);
    }
    run_queue(queue);
    queue.swap(context.own);
  }
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

ThreadScheduler::ThreadScheduler(const Clock& clock) : clock_(clock) {}

ThreadScheduler::~ThreadScheduler() {
  MutexLock lock(mutex_);
  OKAPI_ASSERT(cells_.empty());
}

Bell& ThreadScheduler::enroll(Stage& stage, const StageOptions& options) {
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
    retired_.push_back(cell);
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
  if (ended != nullptr) ended->join();
}

int64_t ThreadScheduler::wakes() const { return wakes_.load(std::memory_order_relaxed); }

}  // namespace okapi
