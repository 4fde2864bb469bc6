// Applies transactions to the tree: the one apply path of serving, recovery and sync. Held by one
// thread at a time. The shards that a txn touched stay locked in the result, so that the caller
// fires watches, answers and stores last_applied before anybody can see the change (rule O2).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/proto/error_code.h"
#include "common/proto/stat.h"
#include "server/tree/data_tree.h"
#include "server/tree/tree_event.h"
#include "server/txn/txn.h"

namespace okapi {

enum class ApplyMode {
  kLive,    // the txn was prepared against this very state
  kReplay,  // parts of it may be in the tree already (storage spec 5)
};

// What one sub-transaction of a multi did.
struct SubResult {
  int32_t type = 0;  // its OpCode; kError for all subs of a multi that was refused
  ErrorCode err = ErrorCode::kOk;
  Stat stat;      // creates, setData, setACL: the node's, as of that sub
  ByteView path;  // its path
};

// Views point into the txn that was applied, or into `owned_paths`.
struct Applied {
  // kOk; what an error txn carries; for a refused multi its first sub error. In kLive also what
  // Prep should have excluded (then nothing was changed), in kReplay what was ignored.
  ErrorCode err = ErrorCode::kOk;
  ByteView path;
  Stat stat;  // creates, setData, setACL: the node's after the txn
  std::vector<SubResult> subs;
  std::vector<TreeEvent> events;  // in trigger order
  bool session_created = false;
  bool session_closed = false;
  std::vector<SharedBytes> owned_paths;
  WriteLock lock;  // let go when the caller is done: drop the Applied, or lock.release()
};

class TreeWriter {
 public:
  TreeWriter(TreeWriter&& other) noexcept;
  TreeWriter& operator=(TreeWriter&& other) noexcept;
  ~TreeWriter();  // the token goes home

  DataTree& tree() { return *tree_; }

  // The txn must outlive the result. Does not touch last_applied.
  Applied apply(const Txn& txn, ApplyMode mode);
  // Gives the result's memory back for the next one, and lets go of its locks. Optional.
  void recycle(Applied&& done);

  // Recovery, not by a txn: deletes all that the session owns, as at `zxid`.
  Applied kill_session(SessionId session, Zxid zxid);
  // Recovery: the ephemerals whose session `is_alive` does not know.
  struct Orphan {
    SessionId session;
    std::string path;
  };
  std::vector<Orphan> ephemerals_without(const std::function<bool(SessionId)>& is_alive) const;
  // Puts the ensemble's configuration into /zookeeper/config, made if missing: not by a txn, at the
  // start of a member (client-protocol spec 3.3). Version -1.
  void put_config(NullableView data, Zxid version, int64_t now_ms);

 private:
  friend class DataTree;
  explicit TreeWriter(DataTree& tree);

  DataTree* tree_ = nullptr;
  std::vector<TxnBody> sub_bodies_;
  Applied spare_;
};

}  // namespace okapi
