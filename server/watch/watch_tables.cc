#include "server/watch/watch_tables.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {
namespace {

void sort_unique(std::vector<ConnectionId>& watchers) {
  std::sort(watchers.begin(), watchers.end());
  watchers.erase(std::unique(watchers.begin(), watchers.end()), watchers.end());
}

constexpr uint8_t kAllBits = WatchBits::kStandard | WatchBits::kPersistent | WatchBits::kRecursive;

}  // namespace

bool WatchTables::add_data(ByteView path, ConnectionId watcher) {
  return add(path, watcher, WatchBits::kStandard, 0);
}

bool WatchTables::add_child(ByteView path, ConnectionId watcher) {
  return add(path, watcher, 0, WatchBits::kStandard);
}

bool WatchTables::add_persistent(ByteView path, ConnectionId watcher) {
  return add(path, watcher, WatchBits::kPersistent, WatchBits::kPersistent);
}

bool WatchTables::add_recursive_locked(ByteView path, ConnectionId watcher) {
  uint64_t hash = hash_watch_path(path);
  {
    WatchShard& shard = shard_of(hash);
    MutexLock lock(shard.mutex());
    uint8_t had = shard.bits(hash, path, watcher, WatchTable::kData);
    if ((had & WatchBits::kRecursive) != 0) return true;
  }
  if (!add(path, watcher, WatchBits::kRecursive, 0)) return false;
  recursive_.add(path, watcher);
  return true;
}

bool WatchTables::add(ByteView path, ConnectionId watcher, uint8_t data_bits, uint8_t child_bits) {
  uint64_t hash = hash_watch_path(path);
  WatchShard& shard = shard_of(hash);
  MutexLock lock(shard.mutex());
  if (options_.per_connection_max > 0 &&
      (shard.bits(hash, path, watcher, WatchTable::kData) |
       shard.bits(hash, path, watcher, WatchTable::kChild)) == 0 &&
      !take_place(watcher)) {
    return false;
  }
  if (data_bits != 0) shard.add(hash, path, watcher, WatchTable::kData, data_bits);
  if (child_bits != 0) shard.add(hash, path, watcher, WatchTable::kChild, child_bits);
  return true;
}

bool WatchTables::check(ByteView path, ConnectionId watcher, WatcherType type) const {
  uint64_t hash = hash_watch_path(path);
  const WatchShard& shard = shard_of(hash);
  MutexLock lock(shard.mutex());
  uint8_t data = shard.bits(hash, path, watcher, WatchTable::kData);
  uint8_t child = shard.bits(hash, path, watcher, WatchTable::kChild);
  switch (type) {
    case WatcherType::kChildren:
      return (child & WatchBits::kStandard) != 0;
    case WatcherType::kData:
      return (data & WatchBits::kStandard) != 0;
    case WatcherType::kAny:
      return (data | child) != 0;
    case WatcherType::kPersistent:
      return (data & WatchBits::kPersistent) != 0;
    case WatcherType::kPersistentRecursive:
      return (data & WatchBits::kRecursive) != 0;
  }
  return false;
}

bool WatchTables::remove(ByteView path, ConnectionId watcher, WatcherType type) {
  switch (type) {
    case WatcherType::kChildren:
      return remove_bits(path, watcher, 0, WatchBits::kStandard) != 0;
    case WatcherType::kData:
      return remove_bits(path, watcher, WatchBits::kStandard, 0) != 0;
    case WatcherType::kPersistent:
      return remove_bits(path, watcher, WatchBits::kPersistent, WatchBits::kPersistent) != 0;
    case WatcherType::kAny: {
      MutexLock lock(recursive_.mutex());
      uint8_t removed = remove_bits(path, watcher, kAllBits, kAllBits);
      if ((removed & WatchBits::kRecursive) != 0) recursive_.remove(path, watcher);
      return removed != 0;
    }
    case WatcherType::kPersistentRecursive: {
      MutexLock lock(recursive_.mutex());
      if (remove_bits(path, watcher, WatchBits::kRecursive, 0) == 0) return false;
      recursive_.remove(path, watcher);
      return true;
    }
  }
  return false;
}

// What was removed from either table.
uint8_t WatchTables::remove_bits(ByteView path, ConnectionId watcher, uint8_t data_bits,
                                 uint8_t child_bits) {
  uint64_t hash = hash_watch_path(path);
  WatchShard& shard = shard_of(hash);
  MutexLock lock(shard.mutex());
  uint8_t data = 0;
  uint8_t child = 0;
  bool gone = shard.remove(hash, path, watcher, WatchTable::kData, data_bits, data);
  gone |= shard.remove(hash, path, watcher, WatchTable::kChild, child_bits, child);
  if (gone) give_places(watcher, 1);
  return data | child;
}

void WatchTables::remove_watcher(ConnectionId watcher) {
  {
    MutexLock lock(recursive_.mutex());
    recursive_.remove_watcher(watcher);
  }
  for (WatchShard& shard : shards_) {
    if (shard.empty()) continue;
    MutexLock lock(shard.mutex());
    shard.remove_watcher(watcher);
  }
  if (options_.per_connection_max == 0) return;
  MutexLock lock(places_mutex_);
  places_taken_.erase(watcher);
}

WatchTables::TxnGuard::TxnGuard(WatchTables& tables) NO_THREAD_SAFETY_ANALYSIS : tables_(tables) {
  tables_.recursive_.mutex().lock();
  OKAPI_ASSERT(!tables_.guarded_);
  tables_.guarded_ = true;
}

WatchTables::TxnGuard::~TxnGuard() NO_THREAD_SAFETY_ANALYSIS {
  tables_.guarded_ = false;
  tables_.recursive_.mutex().unlock();
}

void WatchTables::trigger(const WatchChange& change, Zxid zxid,
                          std::vector<WatchNotification>& out) {
  OKAPI_ASSERT(zxid >= last_zxid_);
  last_zxid_ = zxid;
  if (guarded_) {
    trigger_guarded(change, out);
    return;
  }
  TxnGuard guard(*this);
  trigger_guarded(change, out);
}

void WatchTables::trigger_guarded(const WatchChange& change, std::vector<WatchNotification>& out) {
  OKAPI_ASSERT(guarded_ && change.type != EventType::kNodeChildrenChanged);
  scratch_.clear();
  if (!recursive_.empty()) recursive_.collect(change.path, scratch_);
  fire(change.path, WatchTable::kData);
  // A deletion goes to both tables; who is told by the data table is not told again by the child
  // table, so one notification to all of them says the same.
  if (change.type == EventType::kNodeDeleted) fire(change.path, WatchTable::kChild);
  flush({change.type, change.path, AclOf::kNode, {}}, out);
  if (change.type == EventType::kNodeDataChanged) return;
  fire(change.parent, WatchTable::kChild);
  flush({EventType::kNodeChildrenChanged, change.parent, AclOf::kParent, {}}, out);
}

void WatchTables::fire(ByteView path, WatchTable table) {
  uint64_t hash = hash_watch_path(path);
  WatchShard& shard = shard_of(hash);
  if (shard.empty()) return;
  std::vector<ConnectionId>* gone = options_.per_connection_max > 0 ? &gone_ : nullptr;
  {
    MutexLock lock(shard.mutex());
    shard.fire(hash, path, table, scratch_, gone);
  }
  for (ConnectionId watcher : gone_) give_places(watcher, 1);
  gone_.clear();
}

void WatchTables::flush(WatchNotification&& notification, std::vector<WatchNotification>& out) {
  if (scratch_.empty()) return;
  sort_unique(scratch_);
  notification.watchers.assign(scratch_.begin(), scratch_.end());
  out.push_back(std::move(notification));
  scratch_.clear();
}

int64_t WatchTables::total_count() const {
  int64_t total = 0;
  for (const WatchShard& shard : shards_) {
    if (shard.empty()) continue;
    MutexLock lock(shard.mutex());
    total += shard.counts().data + shard.counts().child;
  }
  return total;
}

bool WatchTables::take_place(ConnectionId watcher) {
  MutexLock lock(places_mutex_);
  int64_t& taken = places_taken_[watcher];
  if (taken >= options_.per_connection_max) return false;
  ++taken;
  return true;
}

void WatchTables::give_places(ConnectionId watcher, int64_t count) {
  if (options_.per_connection_max == 0) return;
  MutexLock lock(places_mutex_);
  auto it = places_taken_.find(watcher);
  if (it == places_taken_.end()) return;
  it->second -= count;
  OKAPI_ASSERT(it->second >= 0);
  if (it->second == 0) places_taken_.erase(it);
}

}  // namespace okapi
