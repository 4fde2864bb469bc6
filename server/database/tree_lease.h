// Who walks the tree or the data files for long (Snapshot, Purge, Admin, a LearnerHandler) holds a
// lease. Before the tree is cleared or replaced, or files are cut, QuorumPeer recalls the leases
// and waits until all are home: holders look at recalled() in every step and drop theirs. Any
// thread.
#pragma once

#include <atomic>
#include <optional>
#include <utility>

#include "common/env/stage.h"

namespace okapi {

class TreeLeases;

class TreeLease {
 public:
  TreeLease(TreeLease&& other) noexcept : leases_(std::exchange(other.leases_, nullptr)) {}
  TreeLease& operator=(TreeLease&& other) noexcept {
    std::swap(leases_, other.leases_);
    return *this;
  }
  ~TreeLease();
  // Somebody waits for it: drop it in this very step.
  bool recalled() const;

 private:
  friend class TreeLeases;
  explicit TreeLease(TreeLeases& leases) : leases_(&leases) {}
  TreeLeases* leases_;
};

class TreeLeases {
 public:
  TreeLeases() = default;
  TreeLeases(const TreeLeases&) = delete;
  TreeLeases& operator=(const TreeLeases&) = delete;

  // Nothing between recall() and allow().
  std::optional<TreeLease> take();

  // --- the one who recalls ---
  // From now on none is given; `bell`, if there is one, rings when the last comes home.
  void recall(Bell* bell);
  bool all_home() const { return out_.load() == 0; }
  void allow();

 private:
  friend class TreeLease;
  void come_home();

  std::atomic<int64_t> out_{0};
  std::atomic<bool> recalled_{false};
  std::atomic<Bell*> bell_{nullptr};
};

}  // namespace okapi
