// A queue from one producer to one consumer, without locks and without a bound of its own: a push
// never waits. The producer may be a different thread from turn to turn if the turns are ordered
// (the scheduler's hand-over orders them); likewise the consumer. In steady flow it allocates
// nothing: the consumer hands used chunks back.
//
// Invariants: 1. an item is visible to the consumer only after it was wholly written (release on
// `filled`). 2. A chunk is freed only by the consumer, after it took its last item and the producer
// linked a successor. 3. `front()` stays valid until `pop()`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

template <class T, size_t kChunk = 64>
class Feed {
 public:
  Feed() : tail_(new Chunk), head_(tail_) {}
  ~Feed() {
    while (head_ != nullptr) delete std::exchange(head_, head_->next.load());
    for (std::atomic<Chunk*>& spare : spares_) delete spare.load();
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Producer.
  void push(T item) {
    claim() = std::move(item);
    publish();
  }
  // The same without a move: the next free item, as new, to be filled and then published.
  T& claim() {
    if (tail_->filled.load(std::memory_order_relaxed) == kChunk) {
      Chunk* fresh = take_spare();
      if (fresh == nullptr) fresh = new Chunk;
      tail_->next.store(fresh, std::memory_order_release);
      tail_ = fresh;
    }
    return tail_->items[tail_->filled.load(std::memory_order_relaxed)];
  }
  void publish() {
    size_t filled = tail_->filled.load(std::memory_order_relaxed);
    tail_->filled.store(filled + 1, std::memory_order_release);
    pushed_.store(pushed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // Consumer: the oldest item, or null if there is none yet.
  T* front() {
    if (taken_ == kChunk) {
      Chunk* next = head_->next.load(std::memory_order_acquire);
      if (next == nullptr) return nullptr;
      hand_back(std::exchange(head_, next));
      taken_ = 0;
    }
    if (taken_ == head_->filled.load(std::memory_order_acquire)) return nullptr;
    return &head_->items[taken_];
  }

  // Consumer: drops the item that front() showed.
  void pop() {
    OKAPI_ASSERT(taken_ < kChunk);
    head_->items[taken_] = T();
    ++taken_;
    popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // Any thread: how many items wait, give or take those under way.
  size_t size_estimate() const {
    size_t popped = popped_.load(std::memory_order_relaxed);
    size_t pushed = pushed_.load(std::memory_order_relaxed);
    return pushed > popped ? pushed - popped : 0;
  }

 private:
  struct Chunk {
    std::array<T, kChunk> items{};
    std::atomic<size_t> filled{0};
    std::atomic<Chunk*> next{nullptr};
  };

  // Its items were popped, so they are as new.
  void hand_back(Chunk* used) {
    used->filled.store(0, std::memory_order_relaxed);
    used->next.store(nullptr, std::memory_order_relaxed);
    for (std::atomic<Chunk*>& spare : spares_) {
      Chunk* none = nullptr;
      if (spare.compare_exchange_strong(none, used, std::memory_order_release)) return;
    }
    delete used;
  }
  Chunk* take_spare() {
    for (std::atomic<Chunk*>& spare : spares_) {
      if (spare.load(std::memory_order_relaxed) == nullptr) continue;
      return spare.exchange(nullptr, std::memory_order_acquire);
    }
    return nullptr;
  }

  static constexpr size_t kSpares = 8;  // a batch of that many chunks allocates nothing
  std::array<std::atomic<Chunk*>, kSpares> spares_{};
  Chunk* tail_;  // producer's
  std::atomic<size_t> pushed_{0};
  alignas(64) Chunk* head_;  // consumer's
  size_t taken_ = 0;
  std::atomic<size_t> popped_{0};
};

}  // namespace okapi
