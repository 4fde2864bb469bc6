#include "server/database/committed_log.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {

void CommittedLog::add(const EncodedTxn& txn) {
  if (!entries_.empty()) {
    if (txn.zxid <= max()) return;
    OKAPI_ASSERT(txn.zxid == max().next() || txn.zxid.epoch() > max().epoch());
  }
  entries_.push_back(txn);
  if (entries_.size() > count_) entries_.pop_front();
}

size_t CommittedLog::index_above(Zxid zxid) const {
  auto above = std::upper_bound(entries_.begin(), entries_.end(), zxid,
                                [](Zxid wanted, const EncodedTxn& e) { return wanted < e.zxid; });
  return static_cast<size_t>(above - entries_.begin());
}

}  // namespace okapi
