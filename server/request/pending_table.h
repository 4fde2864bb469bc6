// The nodes of PendingChanges by path: entries that keep their place and their memory, found by the
// tree's hash of the path. Prep's thread only.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <string>
#include <vector>

#include "server/tree/acl_table.h"
#include "server/tree/path_hash.h"
#include "server/txn/txn_digest.h"

namespace okapi {

// A node as the next request will find it.
struct NodeState {
  bool exists = false;
  StatPersisted stat;
  int32_t child_count = 0;
  int32_t data_length = 0;
  uint32_t digest_prefix = 0;  // CRC of path and data
  PathHash hash;               // of its path, whether it exists or not
  AclRef acl;
};

class PendingTable {
 public:
  using Index = uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Entry {
    std::string path;
    NodeState state;
    Zxid zxid;  // of the last change
  };

  PendingTable();
  PendingTable(const PendingTable&) = delete;
  PendingTable& operator=(const PendingTable&) = delete;

  // kNone if the path is not here.
  Index find(ByteView path, PathHash hash) const;
  // The path must be absent. An index stays valid until its erase().
  Index insert(ByteView path, PathHash hash);
  void erase(Index index);
  Entry& at(Index index) { return entries_[index]; }
  const Entry& at(Index index) const { return entries_[index]; }
  size_t size() const { return set_.size(); }

 private:
  struct Key {
    ByteView path;
    PathHash hash;
  };
  struct HashOf {
    using is_transparent = void;
    using is_avalanching = void;
    const std::deque<Entry>* entries;
    size_t operator()(Index index) const { return (*entries)[index].state.hash.bits; }
    size_t operator()(const Key& key) const { return key.hash.bits; }
  };
  struct SamePath {
    using is_transparent = void;
    const std::deque<Entry>* entries;
    bool operator()(Index a, Index b) const { return a == b; }
    bool operator()(const Key& key, Index index) const {
      const Entry& entry = (*entries)[index];
      return entry.state.hash == key.hash && entry.path == key.path;
    }
    bool operator()(Index index, const Key& key) const { return (*this)(key, index); }
  };

  std::deque<Entry> entries_;
  std::vector<Index> free_;
  boost::unordered_flat_set<Index, HashOf, SamePath> set_;
};

}  // namespace okapi
