#include "server/request/pending_table.h"

#include "common/base/assert.h"

namespace okapi {

PendingTable::PendingTable() : set_(0, HashOf{&entries_}, SamePath{&entries_}) {}

PendingTable::Index PendingTable::find(ByteView path, PathHash hash) const {
  auto it = set_.find(Key{path, hash});
  return it == set_.end() ? kNone : *it;
}

PendingTable::Index PendingTable::insert(ByteView path, PathHash hash) {
  Index index;
  if (free_.empty()) {
    index = static_cast<Index>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[index];
  entry.path = path;
  entry.state.hash = hash;
  bool fresh = set_.insert(index).second;
  OKAPI_ASSERT(fresh);
  return index;
}

void PendingTable::erase(Index index) {
  Entry& entry = entries_[index];
  auto it = set_.find(Key{entry.path, entry.state.hash});
  OKAPI_ASSERT(it != set_.end() && *it == index);
  set_.erase(it);
  entry.state = NodeState();
  free_.push_back(index);
}

}  // namespace okapi
