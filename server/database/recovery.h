// Brings the replicated state back from disk (storage spec section 6, safety 2.3 and F-DSK-08):
// newest valid snapshot, replay of the log behind it, repair of the log's tail. Deterministic, and
// idempotent: after a crash at any point of it the next start comes to the same state (INV-C5).
// Runs before any stage; blocking. Holds the TreeWriter, nobody reads the tree meanwhile.
#pragma once

#include "server/database/write_snapshot.h"
#include "server/database/zk_database.h"
#include "server/storage/data_dir.h"
#include "server/storage/txn_log_format.h"

namespace okapi {

struct RecoveryOptions {
  bool trust_empty = false;   // zookeeper.snapshot.trust.empty
  bool db_autocreate = true;  // zookeeper.db.autocreate
  // Bound of a record or item read from disk (jute.maxbuffer + extrasize).
  uint32_t item_bytes_max = kDefaultRecordBytesMax;
  SnapshotSettings snapshot = {};  // for the first snapshot of a new directory
};

struct Recovered {
  // What the directory was. A member without a trusted state may not vote as if it had one.
  enum class Kind {
    kState,           // there was data
    kNew,             // empty, and that is to be believed: snapshot.0 was written
    kUntrustedEmpty,  // empty, db.autocreate off, no `initialize` marker. Standalone: refuse
  };
  Kind kind = Kind::kState;
  Zxid last;      // applied and in the log, synced: open the TxnLogWriter here
  Zxid snapshot;  // stamp of the snapshot that was loaded
  std::string snapshot_file;
  uint64_t nodes_loaded = 0;
  int64_t txns_replayed = 0;
  Nanos load_time{}, replay_time{};
  int64_t digest_mismatches = 0;  // each was worth a warning at most (storage spec section 7)
  bool marked_new = false;        // an `initialize` marker said that the directory is to be empty
  bool tail_cut = false;          // the remains of an unsynced batch were cut off
};

// Fills `database`. Errors: text names file and place; kCorrupt means that acknowledged
// transactions may be missing: a standalone server refuses (exit code 1), a member is suspect.
Result<Recovered> recover(StorageContext context, DataDir& data_dir, ZkDatabase& database,
                          TreeWriter& writer, const RecoveryOptions& options);

// The refusal of a standalone server that finds an empty directory it may not trust.
Error untrusted_empty_refusal(const DataDir& data_dir);

// After recover(): the owners of ephemerals whose session is gone, in ascending order. Error: TTL
// nodes are there while extendedTypesEnabled is off; they would look like such ephemerals.
Result<std::vector<SessionId>> find_orphans(const ZkDatabase& database, const TreeWriter& writer);
// Of a standalone server: deletes those ephemerals without a txn, as the reference does.
// Answers how many sessions.
Result<int64_t> remove_orphans(StorageContext context, ZkDatabase& database, TreeWriter& writer);

// A suspect member: moves all logs, snapshots and the hint into the quarantine (safety 4.3); the
// next recover() finds an empty directory, or, after a crash in between, refuses what is left.
Status set_aside_everything(StorageContext context, DataDir& data_dir);

}  // namespace okapi
