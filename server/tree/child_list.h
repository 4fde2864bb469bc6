// The children of one znode: pointers in chunks. A removed child leaves a hole that a later one may
// fill; nothing else ever changes its position. So a walk that remembers a position misses nobody
// and meets nobody twice. Guarded by the parent's shard; changed by the tree's writer only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/assert.h"

namespace okapi {

struct Znode;

class ChildList {
 public:
  ChildList() = default;
  ChildList(const ChildList&) = delete;
  ChildList& operator=(const ChildList&) = delete;

  uint32_t count() const { return count_; }
  // Puts the child in the latest hole, or at the end; its position.
  uint32_t add(Znode* child);
  void remove(uint32_t position);

  // Calls f(Znode&) for at most `max` children from `position` on; the position to go on from, or
  // end() if there are no more.
  template <class F>
  uint32_t visit(uint32_t position, size_t max, F&& f) const {
    for (; position < used_ && max > 0; ++position) {
      if (position + kAhead < used_) {
        __builtin_prefetch(reinterpret_cast<const void*>(at(position + kAhead)));
      }
      uintptr_t slot = at(position);
      if ((slot & kHole) != 0) continue;
      f(*reinterpret_cast<Znode*>(slot));
      --max;
    }
    return position;
  }
  uint32_t end() const { return used_; }

 private:
  // A slot is a pointer, or the position of the next hole shifted left, with the low bit set.
  static constexpr uintptr_t kHole = 1;
  static constexpr uint32_t kNone = 0x7fffffff;
  static constexpr uint32_t kChunk = 256;
  static constexpr uint32_t kFirst = 4;  // the first chunk doubles from here to kChunk
  static constexpr uint32_t kAhead = 8;  // a walk fetches the nodes that far ahead

  uintptr_t at(uint32_t position) const { return chunk(position)[position % kChunk]; }
  uintptr_t* chunk(uint32_t position) const {
    return position < kChunk ? first_.get() : (*more_)[position / kChunk - 1].get();
  }
  void make_room();

  using Chunk = std::unique_ptr<uintptr_t[]>;
  Chunk first_;
  std::unique_ptr<std::vector<Chunk>> more_;
  uint32_t count_ = 0;
  uint32_t used_ = 0;      // positions ever used
  uint32_t capacity_ = 0;  // positions there is room for
  uint32_t hole_ = kNone;  // the latest hole
};

}  // namespace okapi
