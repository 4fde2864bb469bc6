#include "server/watch/recursive_watches.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {
namespace {

// Others stand for no node and no change will ever name them.
bool can_fire(ByteView path) { return !path.empty() && path.front() == '/'; }

}  // namespace

void RecursiveWatches::add(ByteView path, ConnectionId watcher) {
  if (!can_fire(path)) return;
  watchers_[path].insert(watcher);
  of_watcher_[watcher].emplace(path);
}

void RecursiveWatches::remove(ByteView path, ConnectionId watcher) {
  if (!can_fire(path)) return;
  erase_at(path, watcher);
  auto it = of_watcher_.find(watcher);
  OKAPI_ASSERT(it != of_watcher_.end());
  it->second.erase(it->second.find(path));
  if (it->second.empty()) of_watcher_.erase(it);
}

void RecursiveWatches::remove_watcher(ConnectionId watcher) {
  auto it = of_watcher_.find(watcher);
  if (it == of_watcher_.end()) return;
  for (const std::string& path : it->second) erase_at(path, watcher);
  of_watcher_.erase(it);
}

void RecursiveWatches::collect(ByteView path, std::vector<ConnectionId>& watchers) const {
  watchers_.for_each_prefix(path, [&](ByteView, const std::set<ConnectionId>& found) {
    watchers.insert(watchers.end(), found.begin(), found.end());
  });
}

void RecursiveWatches::erase_at(ByteView path, ConnectionId watcher) {
  std::set<ConnectionId>* there = watchers_.find(path);
  OKAPI_ASSERT(there != nullptr && there->contains(watcher));
  there->erase(watcher);
  if (there->empty()) watchers_.erase(path);
}

}  // namespace okapi
