#include "server/tree/node_table.h"

#include "common/base/assert.h"

namespace okapi {
NodeTable::Segment::Segment(uint32_t capacity) : slots(new Slot[capacity]()), mask(capacity - 1) {}

void NodeTable::Segment::put(Slot slot) {
  uint32_t at = tag_of(slot) & mask;
  while (slots[at] != 0) at = (at + 1) & mask;
  slots[at] = slot;
  ++count;
}

// Closes the gap by moving back those entries that the gap kept from their place.
void NodeTable::Segment::take(uint32_t gap) {
  OKAPI_ASSERT(count > 0);
  --count;
  for (uint32_t at = (gap + 1) & mask; slots[at] != 0; at = (at + 1) & mask) {
    uint32_t home = tag_of(slots[at]) & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    slots[gap] = slots[at];
    gap = at;
  }
  slots[gap] = 0;
}

NodeTable::NodeTable() { clear(); }

void NodeTable::clear() {
  segments_.clear();
  segments_.push_back(std::make_unique<Segment>(kSmallest));
  directory_.assign(1, Place());
  depth_ = 0;
  enter(*segments_.front());
  size_ = 0;
}

Znode* NodeTable::find(PathHash hash, ByteView path) const {
  const Place& place = directory_[index_of(hash.upper())];
  uint16_t tag = hash.tag();
  for (uint32_t at = tag & place.mask;; at = (at + 1) & place.mask) {
    Slot slot = place.slots[at];
    if (slot == 0) return nullptr;
    if (tag_of(slot) != tag) continue;
    Znode* node = pointer_of(slot);
    if (node->hash == hash.upper() && node->has_path(path)) return node;
  }
}

void NodeTable::prefetch_node(PathHash hash) const {
  const Place& place = directory_[index_of(hash.upper())];
  for (uint32_t at = hash.tag() & place.mask; place.slots[at] != 0; at = (at + 1) & place.mask) {
    if (tag_of(place.slots[at]) != hash.tag()) continue;
    const char* node = reinterpret_cast<const char*>(pointer_of(place.slots[at]));
    __builtin_prefetch(node);
    __builtin_prefetch(node + 64);
    return;
  }
}

void NodeTable::insert(PathHash hash, Znode* node) {
  OKAPI_ASSERT(node->hash == hash.upper());
  auto address = reinterpret_cast<uint64_t>(node);
  OKAPI_ASSERT(address >> 48 == 0);
  make_room(hash.upper());
  directory_[index_of(hash.upper())].segment->put((uint64_t{hash.tag()} << 48) | address);
  ++size_;
}

void NodeTable::erase(PathHash hash, const Znode* node) {
  Segment& segment = *directory_[index_of(hash.upper())].segment;
  uint32_t at = hash.tag() & segment.mask;
  while (pointer_of(segment.slots[at]) != node) {
    OKAPI_ASSERT(segment.slots[at] != 0);
    at = (at + 1) & segment.mask;
  }
  segment.take(at);
  --size_;
}

void NodeTable::make_room(uint32_t upper) {
  Segment* segment = directory_[index_of(upper)].segment;
  if (!segment->full()) return;
  if (segment->capacity() < kLargest) {
    Segment bigger(segment->capacity() * 2);
    for (uint32_t i = 0; i < segment->capacity(); ++i) {
      if (segment->slots[i] != 0) bigger.put(segment->slots[i]);
    }
    segment->slots = std::move(bigger.slots);
    segment->mask = bigger.mask;
    enter(*segment);
    return;
  }
  split(*segment);
  // All may have gone to one side; a split begins below the capacity, so there is room even then.
  segment = directory_[index_of(upper)].segment;
  OKAPI_ASSERT(segment->count < segment->capacity());
}

void NodeTable::split(Segment& old) {
  if (old.depth == depth_) {
    OKAPI_ASSERT(depth_ < 26);
    std::vector<Place> wider;
    wider.reserve(directory_.size() * 2);
    for (const Place& place : directory_) wider.insert(wider.end(), 2, place);
    directory_ = std::move(wider);
    ++depth_;
    for (auto& segment : segments_) segment->first_index *= 2;
  }
  auto& half = segments_.emplace_back(std::make_unique<Segment>(kLargest));
  Segment keep(kLargest);
  uint32_t bit = 25 - old.depth;
  for (uint32_t i = 0; i < old.capacity(); ++i) {
    Slot slot = old.slots[i];
    if (slot == 0) continue;
    bool upper_half = ((pointer_of(slot)->hash >> bit) & 1) != 0;
    (upper_half ? *half : keep).put(slot);
  }
  old.slots = std::move(keep.slots);
  old.count = keep.count;
  ++old.depth;
  half->depth = old.depth;
  half->first_index = old.first_index + (1u << (depth_ - old.depth));
  enter(old);
  enter(*half);
}

void NodeTable::enter(Segment& segment) {
  uint32_t places = 1u << (depth_ - segment.depth);
  for (uint32_t i = 0; i < places; ++i) {
    directory_[segment.first_index + i] = {segment.slots.get(), segment.mask, &segment};
  }
}

}  // namespace okapi
