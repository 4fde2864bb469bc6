#include "server/database/committed_log.h"

#include "common/base/assert.h"

namespace okapi {

void CommittedLog::add(const EncodedTxn& txn) {
  OKAPI_ASSERT(entries_.empty() || txn.zxid > entries_.back().zxid);
  entries_.push_back(txn);
  if (entries_.size() > count_) entries_.pop_front();
}

}  // namespace okapi
