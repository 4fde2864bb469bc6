#include "server/watch/watch_report.h"

#include <unordered_set>

namespace okapi {
namespace {

template <class F>
void for_each_data_watch(const WatchTables& tables, F&& f) {
  for (size_t shard = 0; shard < kWatchShards; ++shard) tables.for_each_data_watch(shard, f);
}

}  // namespace

WatchSummary summarize_watches(const WatchTables& tables) {
  WatchSummary out;
  std::unordered_set<ConnectionId> connections;
  for (size_t shard = 0; shard < kWatchShards; ++shard) {
    std::string last;
    bool any = false;
    tables.for_each_data_watch(shard, [&](ByteView path, ConnectionId watcher) {
      connections.insert(watcher);
      ++out.watches;
      if (any && path == last) return;  // a path's watchers come together
      any = true;
      last = path;
      ++out.paths;
    });
  }
  out.connections = static_cast<int64_t>(connections.size());
  return out;
}

std::map<std::string, std::vector<ConnectionId>> watchers_by_path(const WatchTables& tables) {
  std::map<std::string, std::vector<ConnectionId>> out;
  for_each_data_watch(tables, [&](ByteView path, ConnectionId watcher) {
    out[std::string(path)].push_back(watcher);
  });
  return out;
}

std::map<ConnectionId, std::vector<std::string>> paths_by_watcher(const WatchTables& tables) {
  std::map<ConnectionId, std::vector<std::string>> out;
  for_each_data_watch(
      tables, [&](ByteView path, ConnectionId watcher) { out[watcher].emplace_back(path); });
  return out;
}

}  // namespace okapi
