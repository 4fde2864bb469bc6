// A member's replica while no role serves: database, log and epoch files as one thing that is read,
// cut, replaced and brought forward (peer-protocol spec 3.2, 3.4, 5.5). It has the TreeWriter and
// the TxnLogWriter, but for the time of a role, whose pipeline has them. QuorumPeer only; blocking.
//
// What always holds at rest: memory is what the disk would give back after a crash, but for a
// synchronisation that is under way; an interrupted one is undone by load().
#pragma once

#include <memory>
#include <optional>

#include "server/config/quorum_config.h"
#include "server/database/recovery.h"
#include "server/database/snapshot_loader.h"
#include "server/storage/epoch_files.h"
#include "server/storage/txn_log_writer.h"

namespace okapi {

class ReplicaStore {
 public:
  struct Options {
    RecoveryOptions recovery = {};
    TxnLogOptions log = {};
  };
  // What a role needs to write.
  struct Tokens {
    TreeWriter tree;
    TxnLogWriter log;
  };

  ReplicaStore(StorageContext context, DataDir& data_dir, ZkDatabase& database, Options options);

  // From disk, whatever memory held. At rest only. Errors as recover()'s.
  Result<Recovered> load();
  // After load(): reads the epoch files, makes those that are missing. Errors: kCorrupt where they
  // and the history contradict each other.
  Status load_epochs();
  Epoch accepted_epoch() const { return accepted_; }
  Epoch current_epoch() const { return current_; }
  // Durable when they return; an error is past repair.
  Status set_accepted_epoch(Epoch epoch);
  Status set_current_epoch(Epoch epoch);
  // After load(), at rest: find_orphans(), and for a standalone server remove_orphans().
  Result<std::vector<SessionId>> orphans() const { return find_orphans(database_, tokens_->tree); }
  Status remove_orphans();
  // /zookeeper/config says what the membership is, as the reference writes it at the start of a
  // role; no transaction. At rest.
  void put_config(const QuorumConfig& config);
  // The end of the history, for votes and ACKEPOCH: log and tree are equal at rest.
  Zxid last_zxid() const { return database_.tree().last_applied(); }

  bool at_rest() const { return tokens_.has_value(); }
  // A role begins.
  Tokens hand_out();
  // A role ended, its Sync has logged what it was given: what is logged and not applied is applied
  // (ZOOKEEPER-2845, 4712). After an error the replica is to be loaded again.
  Status take_back(Tokens tokens);

  // --- synchronisation with a leader; at rest ---
  // TRUNC. False: the history cannot be cut there (then nothing was changed but snapshots behind
  // `keep` were set aside), and is to be wiped.
  Result<bool> truncate(Zxid keep);
  // SNAP: the stream is pushed in pieces. True when it is complete; `taken` says how many bytes of
  // the piece were its. After an error, or if it stays incomplete: load().
  void begin_snapshot(Zxid zxid);
  Result<bool> feed_snapshot(ByteView bytes, size_t& taken);
  // A committed transaction, to memory alone.
  Status apply(const EncodedTxn& txn);
  // To the log; durable after sync_log().
  void append(const EncodedTxn& txn) { tokens_->log.append(txn); }
  Status sync_log() { return tokens_->log.commit(); }
  // The tree as it is becomes the newest snapshot, and the log goes on behind it: afterwards the
  // disk holds what memory holds, and nothing else.
  Status keep_memory();
  // Moves the whole history aside and begins with nothing; also after a load() that failed.
  Result<Recovered> wipe();

 private:
  struct IncomingSnapshot {
    IncomingSnapshot(ZkDatabase& database, TreeWriter& writer, Zxid at, uint32_t item_bytes_max)
        : zxid(at), loader(database, writer), parser(SnapshotForm::kWire, loader, item_bytes_max) {}
    Zxid zxid;
    SnapshotLoader loader;
    SnapshotParser parser;
  };

  Status fast_forward();
  // Both answer whether the log had a record there.
  Result<bool> cut_log(Zxid keep);
  Result<bool> cut_back(Zxid keep);

  StorageContext context_;
  DataDir& data_dir_;
  ZkDatabase& database_;
  const Options options_;
  EpochFiles epoch_files_;
  Epoch accepted_, current_;
  std::optional<TreeWriter> writer_;  // before the first load()
  std::optional<Tokens> tokens_;
  std::unique_ptr<IncomingSnapshot> incoming_;
};

}  // namespace okapi
