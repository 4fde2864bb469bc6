// The sessions of the replicated state: id and timeout, as createSession and closeSession made
// them. Changed by the holder of the TreeWriter; copied by any thread (snapshots, a new role).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

#include "common/base/ids.h"
#include "common/base/mutex.h"

namespace okapi {

struct SessionEntry {
  SessionId session;
  int32_t timeout_ms = 0;
};

class SessionTable {
 public:
  void put(SessionId session, int32_t timeout_ms) {
    MutexLock lock(mutex_);
    timeouts_[session] = timeout_ms;
  }
  void remove(SessionId session) {
    MutexLock lock(mutex_);
    timeouts_.erase(session);
  }
  void clear() {
    MutexLock lock(mutex_);
    timeouts_.clear();
  }
  bool contains(SessionId session) const {
    MutexLock lock(mutex_);
    return timeouts_.contains(session);
  }
  size_t size() const {
    MutexLock lock(mutex_);
    return timeouts_.size();
  }
  // In ascending order of id.
  std::vector<SessionEntry> all() const;

 private:
  mutable Mutex mutex_;
  boost::unordered_flat_map<SessionId, int32_t, std::hash<SessionId>> timeouts_ GUARDED_BY(mutex_);
};

}  // namespace okapi
