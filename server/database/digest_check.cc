#include "server/database/digest_check.h"

namespace okapi {

DigestCheck::DigestCheck(const Logger& log, const DataTree& tree,
                         const std::optional<SnapshotDigest>& of_snapshot, Zxid stamp)
    : log_(log), tree_(tree) {
  // Compat: an empty one has zxid 0.
  if (!of_snapshot || of_snapshot->zxid <= Zxid() || of_snapshot->zxid < stamp) return;
  if (of_snapshot->zxid == stamp) {
    compare(stamp, of_snapshot->digest, "snapshot");
  } else {
    due_ = of_snapshot;
  }
}

void DigestCheck::after(Zxid zxid, const std::optional<TxnDigest>& of_txn) {
  if (due_) {
    if (zxid < due_->zxid) return;
    if (zxid == due_->zxid) {
      compare(zxid, due_->digest, "snapshot");
    } else {
      OKAPI_WARN(log_, "the transaction of the snapshot's digest, 0x{:x}, is not in the log",
                 due_->zxid.value());
    }
    due_.reset();
    return;
  }
  if (of_txn) compare(zxid, *of_txn, "transaction");
}

void DigestCheck::compare(Zxid zxid, const TxnDigest& expected, const char* source) {
  if (!tree_.options().digest_enabled || expected.version != kDigestVersion) return;
  if (tree_.digest() == static_cast<uint64_t>(expected.tree_digest)) return;
  // Once it differs it stays so: one line is enough.
  if (mismatches_++ == 0) {
    OKAPI_WARN(log_, "Digests are not matching at zxid 0x{:x}: {} says 0x{:x}, the tree is 0x{:x}",
               zxid.value(), source, static_cast<uint64_t>(expected.tree_digest), tree_.digest());
  }
}

}  // namespace okapi
