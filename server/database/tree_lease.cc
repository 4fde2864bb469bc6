#include "server/database/tree_lease.h"

#include "common/base/assert.h"

namespace okapi {

TreeLease::~TreeLease() {
  if (leases_ != nullptr) leases_->come_home();
}

bool TreeLease::recalled() const {
  OKAPI_ASSERT(leases_ != nullptr);
  return leases_->recalled_.load();
}

// Counts first and looks second, as recall() sets first and all_home() looks second: one of the two
// sees the other.
std::optional<TreeLease> TreeLeases::take() {
  out_.fetch_add(1);
  TreeLease lease(*this);
  if (recalled_.load()) return std::nullopt;
  return lease;
}

void TreeLeases::recall(Bell* bell) {
  OKAPI_ASSERT(!recalled_.load());
  bell_.store(bell);
  recalled_.store(true);
}

void TreeLeases::allow() {
  OKAPI_ASSERT(recalled_.load() && all_home());
  bell_.store(nullptr);
  recalled_.store(false);
}

void TreeLeases::come_home() {
  // Read before the count falls: afterwards all_home() may let this object go.
  Bell* bell = recalled_.load() ? bell_.load() : nullptr;
  if (out_.fetch_sub(1) == 1 && bell != nullptr) bell->ring(false);
}

}  // namespace okapi
