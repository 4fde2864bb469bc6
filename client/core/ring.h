// A first-in first-out queue in one growing block of slots: no allocation per item once it has
// grown, none at all while it is empty from birth. One thread at a time.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/assert.h"

namespace okapi {

template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  T& front() {
    OKAPI_ASSERT(size_ > 0);
    return slots_[head_];
  }
  T& back() {
    OKAPI_ASSERT(size_ > 0);
    return slots_[(head_ + size_ - 1) & (slots_.size() - 1)];
  }
  void push_back(T item) {
    if (size_ == slots_.size()) grow();
    slots_[(head_ + size_) & (slots_.size() - 1)] = std::move(item);
    ++size_;
  }
  void push_front(T item) {
    if (size_ == slots_.size()) grow();
    head_ = (head_ - 1) & (slots_.size() - 1);
    slots_[head_] = std::move(item);
    ++size_;
  }
  T pop_front() {
    T item = std::move(front());
    head_ = (head_ + 1) & (slots_.size() - 1);
    --size_;
    return item;
  }
  void clear() {
    while (size_ > 0) pop_front();
  }

 private:
  // The size stays a power of two, so that a mask finds the slot.
  void grow() {
    std::vector<T> wider(slots_.empty() ? 4 : slots_.size() * 2);
    for (size_t i = 0; i < size_; ++i) {
      wider[i] = std::move(slots_[(head_ + i) & (slots_.size() - 1)]);
    }
    slots_ = std::move(wider);
    head_ = 0;
  }

  std::vector<T> slots_;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace okapi
