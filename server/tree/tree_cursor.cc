#include "server/tree/tree_cursor.h"

#include <cstring>

namespace okapi {
namespace {

constexpr size_t kNames = 256;
constexpr size_t kNamesAtOnce = 16;
constexpr size_t kNodesAhead = 16;
constexpr size_t kNameBytes = 64 << 10;

}  // namespace

TreeCursor::TreeCursor(const DataTree& tree, Zxid stamp, ByteView start)
    : tree_(tree), stamp_(stamp), path_(start) {}

ReadLock TreeCursor::advance() {
  if (!started_) {
    started_ = true;
    ReadLock lock = tree_.read(path_);
    if (enter(lock)) return lock;
  }
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    path_.resize(frame.path_size);
    if (frame.names_at == frame.names.size() && !refill(frame)) {
      frames_.pop_back();
      continue;
    }
    if (frame.hashes_at == frame.hashes.size()) look_ahead(frame);
    frame.names_at = take_name(frame, frame.names_at);
    ReadLock lock = tree_.read(path_, frame.hashes[frame.hashes_at++]);
    if (enter(lock)) return lock;
  }
  done_ = true;
  return ReadLock();
}

// A walk of a big tree waits for memory most of its time: the nodes to come are fetched together.
void TreeCursor::look_ahead(Frame& frame) {
  frame.hashes.clear();
  frame.hashes_at = 0;
  for (size_t at = frame.names_at; at < frame.names.size() && frame.hashes.size() < kNodesAhead;) {
    at = take_name(frame, at);
    frame.hashes.push_back(tree_.hash_of(path_));
    tree_.prefetch(frame.hashes.back(), DataTree::Fetch::kSlots);
  }
  for (PathHash hash : frame.hashes) tree_.prefetch(hash, DataTree::Fetch::kNode);
}

size_t TreeCursor::take_name(const Frame& frame, size_t at) {
  uint32_t size = 0;
  std::memcpy(&size, frame.names.data() + at, sizeof size);
  path_.resize(frame.path_size);
  path_.push_back('/');
  path_.append(frame.names, at + sizeof size, size);
  return at + sizeof size + size;
}

// Takes the next names of the frame's node, which is at path_. False: there are none, or the node
// has gone and another has its path (younger than the stamp, like all its children).
bool TreeCursor::refill(Frame& frame) {
  frame.names.clear();
  frame.names_at = 0;
  if (frame.exhausted) return false;
  ReadLock lock = tree_.read(path_);
  if (!lock.found() || lock.node().stored_stat().czxid != frame.czxid) return false;
  size_t taken = 0;
  while (taken < kNames && frame.names.size() < kNameBytes && !frame.exhausted) {
    size_t now = 0;
    frame.position =
        lock.node().for_children_from(frame.position, kNamesAtOnce, [&](ByteView name) {
          auto size = static_cast<uint32_t>(name.size());
          frame.names.append(reinterpret_cast<const char*>(&size), sizeof size).append(name);
          ++now;
        });
    frame.exhausted = now < kNamesAtOnce;
    taken += now;
  }
  return taken > 0;
}

bool TreeCursor::enter(const ReadLock& lock) {
  if (!lock.found()) return false;
  Zxid czxid = lock.node().stored_stat().czxid;
  if (czxid > stamp_) return false;
  if (lock.node().child_count() > 0) {
    Frame& frame = frames_.emplace_back();
    frame.path_size = path_.size() <= 1 ? 0 : path_.size();
    frame.czxid = czxid;
  }
  return true;
}

}  // namespace okapi
