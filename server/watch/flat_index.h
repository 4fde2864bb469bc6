// An open-addressing set of 32-bit record numbers, for the small indexes of a watch shard: 4 bytes
// a slot. The owner supplies hash and equality of what the numbers stand for. Owner's thread rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/assert.h"

namespace okapi {

class FlatIndex {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  // The number for which same(number) holds among those with that hash, or kNone.
  template <class Same>
  uint32_t find(uint64_t hash, Same&& same) const {
    if (slots_.empty()) return kNone;
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      uint32_t number = slots_[at];
      if (number == kNone || same(number)) return number;
    }
  }

  // Must be absent. hash_of(number) serves growth.
  template <class HashOf>
  void insert(uint64_t hash, uint32_t number, HashOf&& hash_of) {
    if ((count_ + 1) * 4 > slots_.size() * 3)
      resize(slots_.empty() ? 8 : slots_.size() * 2, hash_of);
    put(hash, number);
    ++count_;
  }

  // Must be present.
  template <class HashOf>
  void erase(uint64_t hash, uint32_t number, HashOf&& hash_of) {
    size_t gap = hash & mask();
    while (slots_[gap] != number) {
      OKAPI_ASSERT(slots_[gap] != kNone);
      gap = (gap + 1) & mask();
    }
    for (size_t at = (gap + 1) & mask(); slots_[at] != kNone; at = (at + 1) & mask()) {
      size_t home = hash_of(slots_[at]) & mask();
      if (((at - home) & mask()) < ((at - gap) & mask())) continue;
      slots_[gap] = slots_[at];
      gap = at;
    }
    slots_[gap] = kNone;
    if (--count_ * 8 < slots_.size() && slots_.size() > 64) resize(slots_.size() / 2, hash_of);
  }

  size_t size() const { return count_; }

 private:
  size_t mask() const { return slots_.size() - 1; }
  void put(uint64_t hash, uint32_t number) {
    size_t at = hash & mask();
    while (slots_[at] != kNone) at = (at + 1) & mask();
    slots_[at] = number;
  }
  template <class HashOf>
  void resize(size_t size, HashOf&& hash_of) {
    std::vector<uint32_t> old(size, kNone);
    old.swap(slots_);
    for (uint32_t number : old) {
      if (number != kNone) put(hash_of(number), number);
    }
  }

  std::vector<uint32_t> slots_;
  size_t count_ = 0;
};

}  // namespace okapi
