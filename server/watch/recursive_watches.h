// The persistent recursive watches: one structure with one lock, since a change anywhere below a
// watched path concerns it. Found by walking the changed path's components, never deeper than
// somebody watches. The bits are in the data table too (WatchShard), for checks and reports.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/mutex.h"
#include "common/proto/path_trie.h"
#include "server/watch/watch_mode.h"

namespace okapi {

class RecursiveWatches {
 public:
  Mutex& mutex() const { return mutex_; }

  // All below: with the mutex held.
  void add(ByteView path, WatcherId watcher);
  void remove(ByteView path, WatcherId watcher);
  void remove_watcher(WatcherId watcher);
  // Appends all who watch `path` or a path above it; somebody may come twice.
  void collect(ByteView path, std::vector<WatcherId>& watchers) const;
  bool empty() const { return of_watcher_.empty(); }

 private:
  void erase_at(ByteView path, WatcherId watcher);

  mutable Mutex mutex_;
  PathTrie<std::set<WatcherId>> watchers_;
  std::map<WatcherId, std::set<std::string, std::less<>>> of_watcher_;
};

}  // namespace okapi
