#include "server/database/replica_store.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "server/storage/log_files.h"
#include "server/storage/txn_log_reader.h"

namespace okapi {

ReplicaStore::ReplicaStore(StorageContext context, DataDir& data_dir, ZkDatabase& database,
                           Options options)
    : context_(context),
      data_dir_(data_dir),
      database_(database),
      options_(std::move(options)),
      epoch_files_(context.disk, data_dir.snapshots()),
      writer_(database.tree().take_writer()) {}

Result<Recovered> ReplicaStore::load() {
  OKAPI_ASSERT(writer_.has_value() || tokens_.has_value());
  incoming_.reset();
  TreeWriter writer = writer_.has_value() ? std::move(*writer_) : std::move(tokens_->tree);
  writer_.reset();
  tokens_.reset();
  auto recovered = recover(context_, data_dir_, database_, writer, options_.recovery);
  if (recovered.ok()) {
    auto log = TxnLogWriter::open(context_, options_.log, recovered->last);
    if (log.ok()) {
      tokens_.emplace(Tokens{std::move(writer), std::move(*log)});
      return recovered;
    }
    recovered = log.error();
  }
  writer_.emplace(std::move(writer));
  return recovered;
}

Status ReplicaStore::load_epochs() {
  auto files = epoch_files_.read();
  if (!files.ok()) return files.error();
  Epoch of_history(last_zxid().epoch());
  if (!files->accepted.has_value()) OKAPI_TRY(epoch_files_.write_accepted(of_history));
  accepted_ = files->accepted.value_or(of_history);
  current_ = files->current.value_or(of_history);
  if (current_ < of_history && of_history > accepted_) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("The current epoch, {:x}, is older than the last zxid, {}",
                             current_.value(), last_zxid().value())};
  }
  // What a synchronisation brings is on disk before its epoch is; a crash between the two leaves
  // this (ZOOKEEPER-1653). Who has a transaction of an epoch has all with which its leader began.
  current_ = std::max(current_, of_history);
  if (files->current != current_) OKAPI_TRY(epoch_files_.write_current(current_));
  if (accepted_ >= current_) return {};
  return Error{ErrorKind::kCorrupt,
               fmt::format("The accepted epoch, {:x} is less than the current epoch, {:x}",
                           accepted_.value(), current_.value())};
}

Status ReplicaStore::set_accepted_epoch(Epoch epoch) {
  OKAPI_TRY(epoch_files_.write_accepted(epoch));
  accepted_ = epoch;
  return {};
}

Status ReplicaStore::set_current_epoch(Epoch epoch) {
  OKAPI_TRY(epoch_files_.write_current(epoch));
  current_ = epoch;
  return {};
}

Status ReplicaStore::remove_orphans() {
  auto removed = okapi::remove_orphans(context_, database_, tokens_->tree);
  return removed.ok() ? Status() : removed.error();
}

void ReplicaStore::put_config(const QuorumConfig& config) {
  OKAPI_ASSERT(at_rest());
  std::string text = config.text();
  tokens_->tree.put_config(ByteView(text), Zxid(config.version()), context_.clock.wall().ms);
}

ReplicaStore::Tokens ReplicaStore::hand_out() {
  OKAPI_ASSERT(at_rest());
  Tokens out = std::move(*tokens_);
  tokens_.reset();
  return out;
}

Status ReplicaStore::take_back(Tokens tokens) {
  OKAPI_ASSERT(!at_rest());
  tokens_.emplace(std::move(tokens));
  return fast_forward();
}

// What the log has and the tree has not: proposals that no quorum was known to have when the role
// ended. They are part of the history that this member votes with; a leader may still cut them.
Status ReplicaStore::fast_forward() {
  Zxid logged = tokens_->log.last_synced();
  Zxid applied = last_zxid();
  OKAPI_ASSERT(applied <= logged);
  if (applied == logged) return {};
  TxnLogReadOptions read;
  read.after = applied;
  read.from = applied.next();
  read.record_bytes_max = options_.recovery.item_bytes_max;
  auto reader = TxnLogReader::open(context_.disk, data_dir_.logs(), read);
  if (!reader.ok()) return reader.error();
  LogRecord record;
  for (;;) {
    auto more = reader->next(record);
    if (!more.ok()) return more.error();
    if (!*more) break;
    OKAPI_TRY(apply({record.txn.header.zxid, SharedBytes::copy_of(record.payload)}));
  }
  if (last_zxid() == logged) return {};
  return Error{ErrorKind::kCorrupt,
               fmt::format("the log in {} ends at zxid 0x{:x}, but 0x{:x} was synced",
                           data_dir_.logs(), last_zxid().value(), logged.value())};
}

Result<bool> ReplicaStore::cut_log(Zxid keep) {
  Zxid last = tokens_->log.last_appended();
  if (last <= keep) return last == keep;
  auto cut = tokens_->log.truncate_after(keep);
  if (cut.ok()) return true;
  if (cut.error().kind == ErrorKind::kNotFound) return false;
  return cut.error();
}

// Records and snapshots behind `keep` go, the newest first: a snapshot left there would bring back
// what is undone (ZOOKEEPER-4837), and one that goes before the records behind it would have the
// next start replay them on an older one, across a hole perhaps. Where a crash ends this the disk
// has the history up to some place behind `keep`.
Result<bool> ReplicaStore::cut_back(Zxid keep) {
  auto snapshots = list_snapshots(context_.disk, data_dir_.snapshots());
  if (!snapshots.ok()) return snapshots.error();
  for (const StoredFile& snapshot : *snapshots) {
    if (snapshot.zxid <= keep) break;
    auto cut = cut_log(snapshot.zxid);
    if (!cut.ok()) return cut.error();
    OKAPI_TRY(data_dir_.set_aside_snapshot(snapshot.name));
  }
  return cut_log(keep);
}

Result<bool> ReplicaStore::truncate(Zxid keep) {
  OKAPI_ASSERT(at_rest());
  auto cut = cut_back(keep);
  if (!cut.ok()) return cut.error();
  if (!*cut) return false;
  auto recovered = load();
  if (!recovered.ok()) return recovered.error();
  return recovered->kind == Recovered::Kind::kState && recovered->last == keep;
}

void ReplicaStore::begin_snapshot(Zxid zxid) {
  OKAPI_ASSERT(at_rest());
  incoming_ = std::make_unique<IncomingSnapshot>(database_, tokens_->tree, zxid,
                                                 options_.recovery.item_bytes_max);
}

Result<bool> ReplicaStore::feed_snapshot(ByteView bytes, size_t& taken) {
  OKAPI_ASSERT(incoming_ != nullptr);
  auto fed = incoming_->parser.feed(bytes);
  if (!fed.ok()) return fed.error();
  taken = *fed;
  if (!incoming_->parser.done()) return false;
  OKAPI_TRY(incoming_->loader.finish());
  database_.tree().set_last_applied(incoming_->zxid);
  incoming_.reset();
  return true;
}

Status ReplicaStore::apply(const EncodedTxn& encoded) {
  auto txn = decode_txn(encoded.bytes.view());
  if (!txn.ok()) {
    return Error{txn.error().kind,
                 fmt::format("transaction 0x{:x}: {}", encoded.zxid.value(), txn.error().text)};
  }
  Applied applied = database_.apply(tokens_->tree, *txn, encoded, ApplyMode::kReplay);
  database_.tree().set_last_applied(encoded.zxid);
  tokens_->tree.recycle(std::move(applied));
  return {};
}

Status ReplicaStore::keep_memory() {
  OKAPI_ASSERT(at_rest() && incoming_ == nullptr);
  // Records and snapshots behind this point are of another history: gone before there is a
  // snapshot on which the next start would replay them.
  Zxid here = last_zxid();
  auto cut = cut_back(here);
  if (!cut.ok()) return cut.error();
  auto written = write_snapshot(context_.disk, database_, options_.recovery.snapshot);
  if (!written.ok()) return written.error();
  OKAPI_INFO(context_.log, "Snapshotting: 0x{:x} to {}", here.value(), *written);
  return tokens_->log.restart_at(here);
}

Result<Recovered> ReplicaStore::wipe() {
  OKAPI_ASSERT(at_rest() || writer_.has_value());
  // The writer's file must not be written any more when it is set aside.
  if (at_rest()) writer_.emplace(std::move(tokens_->tree));
  tokens_.reset();
  OKAPI_TRY(set_aside_everything(context_, data_dir_));
  return load();
}

}  // namespace okapi
