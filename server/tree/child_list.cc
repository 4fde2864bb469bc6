#include "server/tree/child_list.h"

#include <algorithm>

namespace okapi {

uint32_t ChildList::add(Znode* child) {
  uint32_t position = hole_;
  if (position != kNone) {
    uintptr_t next = at(position);
    OKAPI_ASSERT((next & kHole) != 0);
    hole_ = static_cast<uint32_t>(next >> 1);
  } else {
    if (used_ == capacity_) make_room();
    position = used_++;
  }
  chunk(position)[position % kChunk] = reinterpret_cast<uintptr_t>(child);
  ++count_;
  return position;
}

void ChildList::remove(uint32_t position) {
  OKAPI_ASSERT(position < used_ && (at(position) & kHole) == 0);
  chunk(position)[position % kChunk] = (static_cast<uintptr_t>(hole_) << 1) | kHole;
  hole_ = position;
  --count_;
}

void ChildList::make_room() {
  OKAPI_ASSERT(used_ < kNone - kChunk);
  if (capacity_ < kChunk) {
    uint32_t bigger = capacity_ == 0 ? kFirst : capacity_ * 2;
    Chunk grown(new uintptr_t[bigger]);
    std::copy_n(first_.get(), used_, grown.get());
    first_ = std::move(grown);
    capacity_ = bigger;
    return;
  }
  if (more_ == nullptr) more_ = std::make_unique<std::vector<Chunk>>();
  more_->emplace_back(new uintptr_t[kChunk]);
  capacity_ += kChunk;
}

}  // namespace okapi
