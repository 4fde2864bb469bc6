// What wchs, wchc and wchp tell (admin spec 1.4): the data table only, as the reference. Any
// thread; each shard is copied under its own mutex, so the whole is not one moment's picture.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/watch/watch_tables.h"

namespace okapi {

struct WatchSummary {
  int64_t connections = 0, paths = 0, watches = 0;
};

WatchSummary summarize_watches(const WatchTables& tables);
std::map<std::string, std::vector<ConnectionId>> watchers_by_path(const WatchTables& tables);
std::map<ConnectionId, std::vector<std::string>> paths_by_watcher(const WatchTables& tables);

}  // namespace okapi
