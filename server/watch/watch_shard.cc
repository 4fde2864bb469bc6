#include "server/watch/watch_shard.h"

#include <cstring>

#include "common/base/assert.h"

namespace okapi {
namespace {

uint64_t spread(uint64_t x) {
  x ^= x >> 32;
  x *= 0x9E3779B97F4A7C15ULL;
  return x ^ (x >> 29);
}

}  // namespace

uint64_t hash_watch_path(ByteView path) {
  return spread(std::hash<ByteView>()(path)) * 0xD6E8FEB86659FD93ULL;
}

uint64_t WatchShard::pair_hash(uint32_t path, ConnectionId watcher) {
  return spread(watcher.value() * 31 + path);
}
uint64_t WatchShard::hash_of_path(uint32_t number) const {
  return hash_watch_path(paths_[number].text());
}
uint64_t WatchShard::hash_of_pair(uint32_t number) const {
  return pair_hash(records_[number].path, records_[number].watcher);
}
uint64_t WatchShard::hash_of_head(uint32_t number) const {
  return spread(records_[number].watcher.value());
}

uint32_t WatchShard::find_path(uint64_t hash, ByteView path) const {
  return by_path_.find(hash, [&](uint32_t number) { return paths_[number].text() == path; });
}

uint32_t WatchShard::find_record(uint32_t path, ConnectionId watcher) const {
  return by_pair_.find(pair_hash(path, watcher), [&](uint32_t number) {
    return records_[number].path == path && records_[number].watcher == watcher;
  });
}

bool WatchShard::add(uint64_t hash, ByteView path, ConnectionId watcher, WatchTable table,
                     uint8_t bits) {
  uint32_t path_number = find_path(hash, path);
  if (path_number == kNone) path_number = add_path(hash, path);
  uint32_t number = find_record(path_number, watcher);
  bool fresh = number == kNone;
  if (fresh) number = add_record(path_number, watcher);
  Record& record = records_[number];
  set_bits(record, table,
           (table == WatchTable::kData ? record.data_bits : record.child_bits) | bits);
  return fresh;
}

uint8_t WatchShard::bits(uint64_t hash, ByteView path, ConnectionId watcher,
                         WatchTable table) const {
  uint32_t path_number = find_path(hash, path);
  if (path_number == kNone) return 0;
  uint32_t number = find_record(path_number, watcher);
  if (number == kNone) return 0;
  return table == WatchTable::kData ? records_[number].data_bits : records_[number].child_bits;
}

bool WatchShard::remove(uint64_t hash, ByteView path, ConnectionId watcher, WatchTable table,
                        uint8_t bits, uint8_t& removed) {
  removed = 0;
  uint32_t path_number = find_path(hash, path);
  if (path_number == kNone) return false;
  uint32_t number = find_record(path_number, watcher);
  if (number == kNone) return false;
  Record& record = records_[number];
  uint8_t had = table == WatchTable::kData ? record.data_bits : record.child_bits;
  removed = had & bits;
  set_bits(record, table, static_cast<uint8_t>(had & ~bits));
  if (record.data_bits != 0 || record.child_bits != 0) return false;
  drop_record(number);
  return true;
}

void WatchShard::fire(uint64_t hash, ByteView path, WatchTable table,
                      std::vector<ConnectionId>& watchers, std::vector<ConnectionId>* gone) {
  uint32_t path_number = find_path(hash, path);
  if (path_number == kNone) return;
  uint32_t next = kNone;
  for (uint32_t number = paths_[path_number].first; number != kNone; number = next) {
    Record& record = records_[number];
    next = record.path_next;
    uint8_t had = table == WatchTable::kData ? record.data_bits : record.child_bits;
    if (had == 0) continue;
    watchers.push_back(record.watcher);
    set_bits(record, table, static_cast<uint8_t>(had & ~WatchBits::kStandard));
    if (record.data_bits != 0 || record.child_bits != 0) continue;
    if (gone != nullptr) gone->push_back(record.watcher);
    drop_record(number);
  }
}

size_t WatchShard::remove_watcher(ConnectionId watcher) {
  size_t removed = 0;
  for (;; ++removed) {
    uint32_t number = heads_.find(spread(watcher.value()),
                                  [&](uint32_t head) { return records_[head].watcher == watcher; });
    if (number == kNone) return removed;
    set_bits(records_[number], WatchTable::kData, 0);
    set_bits(records_[number], WatchTable::kChild, 0);
    drop_record(number);
  }
}

void WatchShard::set_bits(Record& record, WatchTable table, uint8_t bits) {
  uint8_t& kept = table == WatchTable::kData ? record.data_bits : record.child_bits;
  int64_t& count = table == WatchTable::kData ? counts_.data : counts_.child;
  count += (bits != 0 ? 1 : 0) - (kept != 0 ? 1 : 0);
  kept = bits;
}

uint32_t WatchShard::add_path(uint64_t hash, ByteView path) {
  uint32_t number;
  if (free_paths_.empty()) {
    OKAPI_ASSERT(paths_.size() < kNone);
    number = static_cast<uint32_t>(paths_.size());
    paths_.emplace_back();
  } else {
    number = free_paths_.back();
    free_paths_.pop_back();
  }
  Path& fresh = paths_[number];
  fresh.bytes.reset(new char[path.size()]);
  if (!path.empty()) std::memcpy(fresh.bytes.get(), path.data(), path.size());
  fresh.size = static_cast<uint32_t>(path.size());
  by_path_.insert(hash, number, [&](uint32_t n) { return hash_of_path(n); });
  return number;
}

// A new connection becomes the head of its chain; one that is known goes in behind its head, so
// that the index of heads stays as it is.
uint32_t WatchShard::add_record(uint32_t path, ConnectionId watcher) {
  uint32_t number = free_record_;
  if (number != kNone) {
    free_record_ = records_[number].next;
  } else {
    OKAPI_ASSERT(records_.size() < kNone);
    number = static_cast<uint32_t>(records_.size());
    records_.emplace_back();
  }
  Record& record = records_[number];
  record = Record();
  record.watcher = watcher;
  record.path = path;
  record.path_next = paths_[path].first;
  if (record.path_next != kNone) records_[record.path_next].path_before = number;
  paths_[path].first = number;
  uint32_t head = heads_.find(spread(watcher.value()),
                              [&](uint32_t n) { return records_[n].watcher == watcher; });
  if (head == kNone) {
    heads_.insert(spread(watcher.value()), number, [&](uint32_t n) { return hash_of_head(n); });
  } else {
    record.before = head;
    record.next = records_[head].next;
    records_[head].next = number;
    if (record.next != kNone) records_[record.next].before = number;
  }
  by_pair_.insert(pair_hash(path, watcher), number, [&](uint32_t n) { return hash_of_pair(n); });
  size_.store(by_pair_.size(), std::memory_order_relaxed);
  return number;
}

void WatchShard::drop_record(uint32_t number) {
  Record& record = records_[number];
  OKAPI_ASSERT(record.data_bits == 0 && record.child_bits == 0);
  by_pair_.erase(hash_of_pair(number), number, [&](uint32_t n) { return hash_of_pair(n); });
  if (record.before == kNone) {
    heads_.erase(hash_of_head(number), number, [&](uint32_t n) { return hash_of_head(n); });
    if (record.next != kNone) {
      records_[record.next].before = kNone;
      heads_.insert(hash_of_head(record.next), record.next,
                    [&](uint32_t n) { return hash_of_head(n); });
    }
  } else {
    records_[record.before].next = record.next;
    if (record.next != kNone) records_[record.next].before = record.before;
  }
  if (record.path_next != kNone) records_[record.path_next].path_before = record.path_before;
  if (record.path_before != kNone) {
    records_[record.path_before].path_next = record.path_next;
  } else {
    paths_[record.path].first = record.path_next;
    if (record.path_next == kNone) drop_path(record.path);
  }
  record.next = free_record_;
  free_record_ = number;
  size_.store(by_pair_.size(), std::memory_order_relaxed);
}

void WatchShard::drop_path(uint32_t number) {
  by_path_.erase(hash_of_path(number), number, [&](uint32_t n) { return hash_of_path(n); });
  paths_[number] = Path();
  free_paths_.push_back(number);
}

}  // namespace okapi
