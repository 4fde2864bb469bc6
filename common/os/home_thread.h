// The inside of ThreadScheduler: a cell per enrolled stage, a home per named thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/os/os_poller.h"
#include "common/os/thread_scheduler.h"

namespace okapi {

// The word that says who runs a stage next. Held by its home and its stage, and for a moment by
// whoever was rung; `stage_` is not touched any more once the word says retired.
class ThreadScheduler::Cell final : public Bell, public std::enable_shared_from_this<Cell> {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  Cell(Stage& stage, Lending lending, std::shared_ptr<Home> home)
      : stage_(stage), lending_(lending), home_(std::move(home)) {}

  void ring(bool heavy) override;
  // The finished turn's wishes.
  struct Outcome {
    bool more = false;
    bool lends = false;
  };
  // Runs one step if the stage is still ready.
  Outcome run(const Clock& clock, bool borrowed);
  // Whether it was idle and the caller now has to see that it runs.
  bool make_ready() {
    State idle = State::kIdle;
    return state_.compare_exchange_strong(idle, State::kReady);
  }
  // For the home of a stage with sockets, when one of them has news. kReady: the caller runs it,
  // and a guest who was about to finds that out. kWithGuest: the guest gives it back when his turn
  // is over. kRetired: nobody runs it any more.
  enum class Claim { kReady, kWithGuest, kRetired };
  Claim claim();
  // Waits for a step that another thread runs; none begins afterwards.
  void retire();
  Lending lending() const { return lending_; }
  Home& home() const { return *home_; }
  int64_t deadline() const { return deadline_ns_.load(std::memory_order_relaxed); }

 private:
  enum class State : uint32_t { kIdle, kReady, kRunning, kRunningMail, kRetired };

  Stage& stage_;
  const Lending lending_;
  const std::shared_ptr<Home> home_;
  std::atomic<State> state_{State::kIdle};
  std::atomic<bool> retiring_{false};
  std::atomic<int64_t> deadline_ns_{kNever};
};

// What a home thread is doing, for the stages it rings.
struct ThreadScheduler::Context {
  Home* home = nullptr;
  const Cell* running = nullptr;               // whose step it is in
  bool in_step = false;                        // or lends turns after it
  std::vector<std::shared_ptr<Cell>> own;      // ready stages of this home
  std::vector<std::shared_ptr<Cell>> pending;  // ready stages of others, perhaps to be borrowed
  static Context& mine() {
    thread_local Context context;
    return context;
  }
};

// One thread with the cells that live on it.
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
  // After the last remove(): whether this is the home of the calling thread, which then ends by
  // itself once the turn is over; whether it has ended.
  bool is_mine() const { return Context::mine().home == this; }
  bool has_ended() const { return ended_.load(); }
  // After the last remove(), not on its own thread. Lets go of the cells, which hold this home.
  void join();
  // Any thread: `cell` is ready and this thread shall run it.
  void enqueue(std::shared_ptr<Cell> cell);
  // A guest set a timer and has ended the turn: wakes if it is earlier than what the thread sleeps
  // for, and is seen before the thread sleeps if it is awake.
  void note_deadline(int64_t deadline_ns);

 private:
  void loop();
  void see_to_sockets(std::vector<std::shared_ptr<Cell>>& queue);
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
  std::atomic<int> queued_{0};
  std::atomic<bool> ending_{false};  // its last stage has retired
  std::atomic<bool> ended_{false};   // the thread does nothing any more
  std::atomic<int> wakers_{0};       // threads that may be about to touch the poller
  std::atomic<bool> cells_changed_{true};
  std::atomic<bool> timers_changed_{false};      // by a guest, since they were last looked at
  std::vector<std::shared_ptr<Cell>> my_cells_;  // this thread's copy of cells_
  std::weak_ptr<Cell> polled_cell_;
  OsPoller* poller_ = nullptr;
  std::atomic<int64_t> sleeps_until_{0};  // 0 = awake
  std::atomic<uint32_t> futex_word_{0};
};

}  // namespace okapi
