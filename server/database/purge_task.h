// The stage that removes old snapshots and logs, at the start and then once per interval (keys
// autopurge.*). Its home is its own, as it waits for the disk; a bounded slice per step. It holds a
// TreeLease while it works, so no file goes while somebody cuts the log or reloads from it. An
// error ends that round only.
#pragma once

#include <optional>

#include "common/base/metrics.h"
#include "common/env/env.h"
#include "server/database/tree_lease.h"
#include "server/storage/purge.h"

namespace okapi {

class PurgeTask final : public Stage {
 public:
  PurgeTask(Env& env, TreeLeases& leases, const PurgeOptions& options, Nanos interval);

  // The first round begins with the first step.
  void step(Turn& turn) override;

  const Counter& rounds() const { return rounds_; }  // that came to their end
  const Counter& removed() const { return removed_; }

 private:
  void begin(MonoTime now);
  void run_slice(Turn& turn);
  void end();

  Env& env_;
  TreeLeases& leases_;
  const PurgeOptions options_;
  const Nanos interval_;
  MonoTime next_{};
  std::optional<TreeLease> lease_;
  std::optional<Purge> purge_;
  Counter rounds_, removed_;
};

}  // namespace okapi
