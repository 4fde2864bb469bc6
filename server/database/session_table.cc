#include "server/database/session_table.h"

#include <algorithm>

namespace okapi {

std::vector<SessionEntry> SessionTable::all() const {
  std::vector<SessionEntry> out;
  {
    MutexLock lock(mutex_);
    out.reserve(timeouts_.size());
    for (const auto& [session, timeout_ms] : timeouts_) out.push_back({session, timeout_ms});
  }
  std::sort(out.begin(), out.end(),
            [](const SessionEntry& a, const SessionEntry& b) { return a.session < b.session; });
  return out;
}

}  // namespace okapi
