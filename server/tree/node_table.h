// One shard's index of nodes by path: an extendible hash table of small segments. A segment is an
// open-addressing array of 8-byte slots (pointer and 16 bits of the hash), at most 1024 of them;
// one that is full doubles, later splits in two. So no insertion moves more than 1024 entries.
// Guarded by the shard's lock; the writer itself may look without it.
//
// Of the hash the tag's low bits are also the place in the segment; the upper half is kept in the
// node, for splits.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/bytes.h"
#include "server/tree/path_hash.h"
#include "server/tree/znode.h"

namespace okapi {

inline uint32_t shard_of(const Znode& node) { return node.hash >> 26; }

class NodeTable {
 public:
  NodeTable();
  NodeTable(const NodeTable&) = delete;
  NodeTable& operator=(const NodeTable&) = delete;

  // The node with that path, which is neither "" nor "/", or null.
  Znode* find(PathHash hash, ByteView path) const;
  // Has the processor fetch what find and insert of that hash will touch.
  void prefetch(PathHash hash) const {
    const Place& place = directory_[index_of(hash.upper())];
    __builtin_prefetch(&place.slots[hash.tag() & place.mask], 1);
  }
  // Has it fetch the node itself, if there is one; best when the slots have arrived.
  void prefetch_node(PathHash hash) const;
  // The path must be absent.
  void insert(PathHash hash, Znode* node);
  // The node must be in here and know its own path's tag: `hash` is the hash of its path.
  void erase(PathHash hash, const Znode* node);
  size_t size() const { return size_; }
  void clear();

  // Calls f(Znode*) for every node, in no particular order.
  template <class F>
  void for_each(F&& f) const {
    for (size_t i = 0; i < directory_.size(); ++i) {
      const Segment& segment = *directory_[i].segment;
      if (i != segment.first_index) continue;  // several entries may share a segment
      for (uint32_t s = 0; s < segment.capacity(); ++s) {
        if (segment.slots[s] != 0) f(pointer_of(segment.slots[s]));
      }
    }
  }

 private:
  using Slot = uint64_t;  // 0 is free; else the tag in the upper 16 bits, the pointer below
  static constexpr uint32_t kSmallest = 8;
  static constexpr uint32_t kLargest = 1024;

  struct Segment {
    std::unique_ptr<Slot[]> slots;
    uint32_t mask = 0;  // capacity - 1
    uint32_t count = 0;
    uint32_t depth = 0;        // how many directory bits its nodes have in common
    uint32_t first_index = 0;  // its lowest place in the directory
    explicit Segment(uint32_t capacity);
    uint32_t capacity() const { return mask + 1; }
    bool full() const { return count * 16 >= capacity() * 13; }
    void put(Slot slot);
    void take(uint32_t at);
  };

  // An entry of the directory: what a lookup needs, beside the slots themselves.
  struct Place {
    const Slot* slots = nullptr;
    uint32_t mask = 0;
    Segment* segment = nullptr;
  };

  static Znode* pointer_of(Slot slot) {
    return reinterpret_cast<Znode*>(slot & 0x0000ffffffffffff);
  }
  static uint16_t tag_of(Slot slot) { return static_cast<uint16_t>(slot >> 48); }
  // The 26 bits of the upper half that choose the segment, left-aligned in 26.
  static uint32_t directory_bits(uint32_t upper) { return upper & 0x03ffffff; }
  uint32_t index_of(uint32_t upper) const { return directory_bits(upper) >> (26 - depth_); }
  void make_room(uint32_t upper);
  void split(Segment& old);
  // Points the directory to the segment, after its slots or its depth changed.
  void enter(Segment& segment);

  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<Place> directory_;  // 2^depth_ entries
  uint32_t depth_ = 0;
  size_t size_ = 0;
};

}  // namespace okapi
