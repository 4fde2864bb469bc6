#include "server/tree/acl_table.h"

#include <algorithm>
#include <memory>

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr size_t kListSlice = 1024;

// Compat: an entry read from an old log may lack a part; it counts as empty.
ByteView text(const std::string& part) { return part; }
ByteView text(const NullableView& part) { return part.value_or(ByteView()); }

template <class List>
uint64_t content_hash(const List& list) {
  uint64_t hash = list.size();
  for (const auto& entry : list) {
    for (uint64_t part :
         {static_cast<uint64_t>(entry.perms), uint64_t{std::hash<ByteView>()(text(entry.scheme))},
          uint64_t{std::hash<ByteView>()(text(entry.id))}}) {
      hash = (hash ^ part) * 0x9E3779B97F4A7C15ULL;
      hash ^= hash >> 29;
    }
  }
  return hash;
}

template <class List>
bool same_content(const AclList& kept, const List& other) {
  return std::equal(
      kept.begin(), kept.end(), other.begin(), other.end(), [](const Acl& a, const auto& b) {
        return a.perms == b.perms && text(a.scheme) == text(b.scheme) && text(a.id) == text(b.id);
      });
}

}  // namespace

AclEntry* AclTable::intern(const jute::Vector<AclView>& acl) {
  return acl.null ? nullptr : intern_list(acl.items);
}

AclEntry* AclTable::intern(const AclList& acl) { return intern_list(acl); }

template <class List>
AclEntry* AclTable::intern_list(const List& items) {
  if (same_content(open_acl(), items)) return nullptr;
  uint64_t hash = content_hash(items);
  auto [begin, end] = by_content_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (!same_content(it->second->list, items)) continue;
    ++it->second->uses;
    return it->second;
  }
  AclList list;
  list.reserve(items.size());
  for (const auto& item : items) {
    list.push_back({item.perms, std::string(text(item.scheme)), std::string(text(item.id))});
  }
  AclEntry* entry = add(next_id_++, std::move(list));
  entry->hash = hash;
  by_content_.emplace(hash, entry);
  entry->uses = 1;
  return entry;
}

AclEntry* AclTable::use(int64_t id) {
  if (id == kOpenAclId) return nullptr;
  if (auto same = same_as_.find(id); same != same_as_.end()) id = same->second;
  if (id == kOpenAclId) return nullptr;
  AclEntry* entry = nullptr;
  {
    MutexLock lock(mutex_);
    auto it = by_id_.find(id);
    if (it != by_id_.end()) entry = it->second;
  }
  if (entry == nullptr) {
    entry = add(id, {{0, "world", "anyone"}});
    entry->unknown = true;
    if (id < INT64_MAX) next_id_ = std::max(next_id_, id + 1);
  }
  ++entry->uses;
  return entry;
}

void AclTable::retain(AclEntry* entry) {
  if (entry != nullptr) ++entry->uses;
}

void AclTable::release(AclEntry* entry) {
  if (entry == nullptr) return;
  OKAPI_ASSERT(entry->uses > 0);
  if (--entry->uses == 0) drop(entry);
}

void AclTable::load(int64_t id, AclList list) {
  if (id < INT64_MAX) next_id_ = std::max(next_id_, id + 1);
  if (id == kOpenAclId) return;
  // A list that a foreign writer gave two numbers, or a number to the open one, is one list to us.
  if (list == open_acl()) {
    same_as_[id] = kOpenAclId;
    return;
  }
  uint64_t hash = content_hash(list);
  auto [begin, end] = by_content_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second->list == list) {
      if (it->second->id != id) same_as_[id] = it->second->id;
      return;
    }
  }
  {
    MutexLock lock(mutex_);
    if (by_id_.contains(id)) return;  // the first row of a number rules
  }
  AclEntry* entry = add(id, std::move(list));
  entry->hash = hash;
  by_content_.emplace(hash, entry);
}

AclEntry* AclTable::add(int64_t id, AclList list) {
  auto* entry = new AclEntry;
  entry->id = id;
  entry->list = std::move(list);
  MutexLock lock(mutex_);
  bool fresh = by_id_.emplace(id, entry).second;
  OKAPI_ASSERT(fresh);
  return entry;
}

void AclTable::drop(AclEntry* entry) {
  {
    MutexLock lock(mutex_);
    by_id_.erase(entry->id);
  }
  if (!entry->unknown) {
    auto [begin, end] = by_content_.equal_range(entry->hash);
    auto it = std::find_if(begin, end, [&](const auto& row) { return row.second == entry; });
    OKAPI_ASSERT(it != end);
    by_content_.erase(it);
  }
  AclRef::release(entry);
}

void AclTable::purge_unused() {
  std::vector<AclEntry*> unused;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, entry] : by_id_) {
      if (entry->uses == 0) unused.push_back(entry);
    }
  }
  for (AclEntry* entry : unused) drop(entry);
  same_as_.clear();
}

void AclTable::clear() {
  by_content_.clear();
  same_as_.clear();
  next_id_ = 1;
  MutexLock lock(mutex_);
  for (const auto& [id, entry] : by_id_) AclRef::release(entry);
  by_id_.clear();
}

std::vector<AclRef> AclTable::list_all() const {
  std::vector<AclRef> out;
  int64_t after = INT64_MIN;
  for (;;) {
    std::vector<AclRef> slice;
    slice.reserve(kListSlice);
    {
      MutexLock lock(mutex_);
      auto it = by_id_.upper_bound(after);
      for (; it != by_id_.end() && slice.size() < kListSlice; ++it) {
        // A number without a list stays out of the file, as it was out of the file it came from.
        after = it->first;
        if (!it->second->unknown) slice.emplace_back(it->second);
      }
      if (it == by_id_.end()) after = INT64_MAX;
    }
    out.insert(out.end(), slice.begin(), slice.end());
    if (after == INT64_MAX) return out;
  }
}

size_t AclTable::size() const {
  MutexLock lock(mutex_);
  return by_id_.size();
}

}  // namespace okapi
