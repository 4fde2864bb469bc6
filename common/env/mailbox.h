// Many producers, one consumer (the stage that owns the box), drained as a batch. Posts that
// happened one after the other stay in that order. The owner is rung once per change from empty to
// nonempty.
#pragma once

#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "common/base/mutex.h"
#include "common/env/stage.h"

namespace okapi {

template <class T>
class Mailbox {
 public:
  // A batch of more items than this counts as heavy (architecture section 7, hand-offs rule 3).
  static constexpr size_t kHeavyItems = 1024;

  // Before the first post. The bell outlives the box's last post: the box is a part of its stage.
  void attach(Bell& bell) { bell_ = &bell; }

  // Any thread. Posts the items of `batch` in order and leaves it empty (its memory is reused). An
  // item is a T, or something that becomes one: an alternative, where T is a variant.
  template <class Item>
  void post(std::vector<Item>& batch) {
    OKAPI_ASSERT(bell_ != nullptr);
    if (batch.empty()) return;
    if (bell_->holds()) {
      bell_->hold(
          [this, kept = std::make_shared<std::vector<Item>>(std::move(batch))] { put(*kept); });
      batch.clear();
      return;
    }
    put(batch);
  }
  void post(T item) {
    std::vector<T> batch;
    batch.push_back(std::move(item));
    post(batch);
  }

  // Owner only: moves everything waiting to the end of `out`; false if there was nothing.
  bool drain(std::vector<T>& out) {
    if (size_.load(std::memory_order_acquire) == 0) return false;
    MutexLock lock(mutex_);
    if (out.empty()) {
      out.swap(items_);
    } else {
      out.insert(out.end(), std::make_move_iterator(items_.begin()),
                 std::make_move_iterator(items_.end()));
    }
    items_.clear();
    size_.store(0, std::memory_order_release);
    return true;
  }

  // Any thread: how many items wait.
  size_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  template <class Item>
  void put(std::vector<Item>& batch) {
    bool was_empty;
    bool heavy = batch.size() > kHeavyItems;
    {
      MutexLock lock(mutex_);
      was_empty = items_.empty();
      if constexpr (std::is_same_v<Item, T>) {
        if (was_empty) items_.swap(batch);
      }
      items_.insert(items_.end(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
      size_.store(items_.size(), std::memory_order_release);
    }
    batch.clear();
    if (was_empty) bell_->ring(heavy);
  }

  Bell* bell_ = nullptr;
  Mutex mutex_;
  std::vector<T> items_ GUARDED_BY(mutex_);
  std::atomic<size_t> size_{0};
};

// Where a stage puts its output without knowing who reads it. Gathers during a step; `flush` posts
// the batch, once per turn (a post per item costs 1.4 times the CPU). The box may be one of several
// kinds of mail, T among them, where their order counts. Owner's thread only.
template <class T>
class Sink {
 public:
  Sink() = default;
  template <class Mail>
  explicit Sink(Mailbox<Mail>& to)
      : to_(&to),
        post_([](void* box, std::vector<T>& batch) {
          static_cast<Mailbox<Mail>*>(box)->post(batch);
        }),
        size_([](const void* box) { return static_cast<const Mailbox<Mail>*>(box)->size(); }) {}
  // False after disconnect(): what is added then is dropped.
  bool connected() const { return to_ != nullptr; }
  void disconnect() {
    to_ = nullptr;
    batch_.clear();
  }
  void add(T item) {
    if (to_ != nullptr) batch_.push_back(std::move(item));
  }
  void flush() {
    if (!batch_.empty()) post_(to_, batch_);
  }
  bool pending() const { return !batch_.empty(); }
  // Items waiting at the reader, for back-pressure.
  size_t backlog() const { return to_ == nullptr ? 0 : size_(to_); }

 private:
  void* to_ = nullptr;  // a mailbox, whose kind these two know
  void (*post_)(void*, std::vector<T>&) = nullptr;
  size_t (*size_)(const void*) = nullptr;
  std::vector<T> batch_;
};

}  // namespace okapi
