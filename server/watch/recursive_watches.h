// The persistent recursive watches: one structure with one lock, since a change anywhere below a
// watched path concerns it. Found by walking the changed path's components, never deeper than
// somebody watches. The bits are in the data table too (WatchShard), for checks and reports.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/proto/path_trie.h"

namespace okapi {

class RecursiveWatches {
 public:
  Mutex& mutex() const { return mutex_; }

  // All below: with the mutex held.
  void add(ByteView path, ConnectionId watcher);
  void remove(ByteView path, ConnectionId watcher);
  void remove_watcher(ConnectionId watcher);
  // Appends all who watch `path` or a path above it; somebody may come twice.
  void collect(ByteView path, std::vector<ConnectionId>& watchers) const;
  bool empty() const { return of_watcher_.empty(); }

 private:
  void erase_at(ByteView path, ConnectionId watcher);

  mutable Mutex mutex_;
  PathTrie<std::set<ConnectionId>> watchers_;
  std::map<ConnectionId, std::set<std::string, std::less<>>> of_watcher_;
};

}  // namespace okapi
