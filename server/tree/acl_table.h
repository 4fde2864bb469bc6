// Interned ACL lists: each distinct list once, with the number that snapshots give it (storage spec
// 4.1). Numbers are local to a server. The tree's writer interns and releases; everybody else holds
// AclRefs, which stay valid beyond any lock and beyond the table's interest in the list.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/proto/acl.h"

namespace okapi {

// Id of world:anyone with all rights; never in a snapshot's table.
inline constexpr int64_t kOpenAclId = -1;

// An interned list. Immutable, but for the two counts.
struct AclEntry {
  int64_t id = 0;
  AclList list;
  uint64_t hash = 0;
  bool open = false;     // grants everything to anyone, though a snapshot gave it a number
  bool unknown = false;  // a number without a list: nobody but super gets in
  int64_t uses = 0;      // nodes that name it; writer only
  mutable std::atomic<uint32_t> refs{1};
};

// A handle on an immutable ACL list: one pointer. Any thread, keepable for ever.
class AclRef {
 public:
  AclRef() = default;  // the open list
  explicit AclRef(const AclEntry* entry) noexcept : entry_(entry) { retain(); }
  AclRef(const AclRef& other) noexcept : entry_(other.entry_) { retain(); }
  AclRef(AclRef&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  AclRef& operator=(AclRef other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~AclRef() { release(entry_); }

  const AclList& list() const { return entry_ == nullptr ? open_acl() : entry_->list; }
  // Whether it is exactly world:anyone with all rights.
  bool is_open() const { return entry_ == nullptr || entry_->open; }
  int64_t id() const { return entry_ == nullptr ? kOpenAclId : entry_->id; }

  static void release(const AclEntry* entry) noexcept {
    if (entry != nullptr && entry->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete entry;
    }
  }

 private:
  void retain() const noexcept {
    if (entry_ != nullptr) entry_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  const AclEntry* entry_ = nullptr;
};

class AclTable {
 public:
  AclTable() = default;
  ~AclTable() { clear(); }
  AclTable(const AclTable&) = delete;
  AclTable& operator=(const AclTable&) = delete;

  // Writer: the entry for a list, with one use more; null stands for the open list.
  AclEntry* intern(const jute::Vector<AclView>& acl);
  AclEntry* intern(const AclList& acl);
  // Writer: the entry with that number, with one use more. A number that load() did not bring is
  // reserved and gets a list that admits nobody (safety ZK-3306: never somebody else's rights).
  AclEntry* use(int64_t id);
  // Writer: one use more, one less. An entry without uses leaves the table; AclRefs keep it alive.
  void retain(AclEntry* entry);
  void release(AclEntry* entry);
  // Writer, recovery: brings in one row of a snapshot's table, unused as yet.
  void load(int64_t id, AclList list);
  // Writer, recovery: drops rows that no node uses.
  void purge_unused();
  void clear();

  // Any thread: all lists by ascending number, for a snapshot. Taken in slices: a list that comes
  // or goes meanwhile may be in it or not.
  std::vector<AclRef> list_all() const;
  // Any thread: distinct lists, the open one apart.
  size_t size() const;

 private:
  template <class List>
  AclEntry* intern_list(const List& items);
  AclEntry* add(int64_t id, AclList list);
  void drop(AclEntry* entry);

  mutable Mutex mutex_;
  std::map<int64_t, AclEntry*> by_id_ GUARDED_BY(mutex_);
  // Writer only.
  std::unordered_multimap<uint64_t, AclEntry*> by_content_;
  std::map<int64_t, int64_t> same_as_;  // loaded numbers whose list has another number already
  int64_t next_id_ = 1;
};

}  // namespace okapi
