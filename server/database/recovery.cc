#include "server/database/recovery.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "server/database/digest_check.h"
#include "server/database/snapshot_loader.h"
#include "server/storage/log_files.h"
#include "server/storage/snapshot_parser.h"
#include "server/storage/txn_log_reader.h"

namespace okapi {
namespace {

// Compat: the reference gives up after so many.
constexpr size_t kSnapshotsTriedMax = 100;

class Recovery {
 public:
  Recovery(StorageContext context, DataDir& data_dir, ZkDatabase& database, TreeWriter& writer,
           const RecoveryOptions& options)
      : context_(context),
        data_dir_(data_dir),
        database_(database),
        writer_(writer),
        options_(options) {}

  Result<Recovered> run();

 private:
  Result<bool> load_newest_snapshot();
  Result<SnapshotTail> load(const StoredFile& file, uint64_t& nodes);
  Status start_empty();
  Status replay();
  void apply(const LogRecord& record, DigestCheck& check);
  Status check_passed_over() const;
  Status repair(const LogTail& tail);

  StorageContext context_;
  DataDir& data_dir_;
  ZkDatabase& database_;
  TreeWriter& writer_;
  const RecoveryOptions& options_;
  bool marker_ = false;
  // Snapshots that cannot be read, newest first: their names still say what the history reached.
  std::vector<StoredFile> passed_over_;
  bool loaded_ = false;
  SnapshotTail snapshot_tail_;
  Recovered out_;
};

Result<Recovered> Recovery::run() {
  auto marker = data_dir_.has_initialize_marker();
  if (!marker.ok()) return marker.error();
  marker_ = out_.marked_new = *marker;
  MonoTime begin = context_.clock.now();
  auto loaded = load_newest_snapshot();
  if (!loaded.ok()) return loaded.error();
  loaded_ = *loaded;
  if (!loaded_) OKAPI_TRY(start_empty());
  MonoTime middle = context_.clock.now();
  OKAPI_TRY(replay());
  out_.load_time = middle - begin;
  out_.replay_time = context_.clock.now() - middle;
  OKAPI_TRY(check_passed_over());
  if (out_.kind == Recovered::Kind::kNew) {
    OKAPI_INFO(
        context_.log, "Snapshotting: 0x{:x} to {}", out_.last.value(),
        join_path(options_.snapshot.directory, snapshot_name(out_.last, options_.snapshot.codec)));
    auto written = write_snapshot(context_.disk, database_, options_.snapshot);
    if (!written.ok()) return written.error();
  }
  // Last: without it a directory that a crash left empty would not be believed.
  if (marker_) OKAPI_TRY(data_dir_.remove_initialize_marker());
  return out_;
}

Result<bool> Recovery::load_newest_snapshot() {
  auto snapshots = list_snapshots(context_.disk, data_dir_.snapshots());
  if (!snapshots.ok()) return snapshots.error();
  size_t tried = 0;
  for (const StoredFile& file : *snapshots) {
    auto complete = looks_complete(context_.disk, join_path(data_dir_.snapshots(), file.name));
    if (!complete.ok() || !*complete) {
      OKAPI_WARN(context_.log, "Invalid snapshot {}, {} bytes", file.name, file.bytes);
      passed_over_.push_back(file);
      continue;
    }
    if (++tried > kSnapshotsTriedMax) break;
    auto tail = load(file, out_.nodes_loaded);
    if (!tail.ok()) {
      OKAPI_WARN(context_.log, "problem reading snap file {}: {}", file.name, tail.error().text);
      passed_over_.push_back(file);
      continue;
    }
    out_.snapshot = file.zxid;
    out_.snapshot_file = file.name;
    snapshot_tail_ = *tail;
    database_.tree().set_last_applied(file.zxid);
    return true;
  }
  if (tried == 0) return false;
  return Error{ErrorKind::kCorrupt,
               fmt::format("Not able to find valid snapshots in {}", data_dir_.snapshots())};
}

Result<SnapshotTail> Recovery::load(const StoredFile& file, uint64_t& nodes) {
  SnapshotLoader sink(database_, writer_);
  auto reader = SnapshotFileReader::open(context_.disk, join_path(data_dir_.snapshots(), file.name),
                                         sink, {.item_bytes_max = options_.item_bytes_max});
  if (!reader.ok()) return reader.error();
  auto done = reader->step(UINT64_MAX / 2);
  if (!done.ok()) return done.error();
  OKAPI_TRY(sink.finish());
  if (sink.unknown_acls() > 0) {
    OKAPI_INFO(context_.log, "{}: {} nodes name an ACL that the log has to bring", file.name,
               sink.unknown_acls());
  }
  nodes = reader->nodes();
  return reader->tail();
}

// No snapshot at all.
Status Recovery::start_empty() {
  database_.sessions().clear();
  database_.committed_log().clear();
  TreeLoader::initialize_empty(writer_);
  database_.tree().set_last_applied(Zxid());
  auto logs = list_logs(context_.disk, data_dir_.logs());
  if (!logs.ok()) return logs.error();
  if (!logs->empty()) {
    if (!options_.trust_empty) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("No snapshot found, but there are log entries. Something is broken! "
                               "({}, {})",
                               data_dir_.snapshots(), logs->front().name)};
    }
    OKAPI_WARN(context_.log,
               "No snapshot found in {}: replaying all logs, as "
               "zookeeper.snapshot.trust.empty says",
               data_dir_.snapshots());
    return {};
  }
  bool trusted = marker_ || options_.db_autocreate;
  out_.kind = trusted ? Recovered::Kind::kNew : Recovered::Kind::kUntrustedEmpty;
  return {};
}

Status Recovery::replay() {
  auto mark = read_synced_mark(context_.disk, data_dir_.logs());
  if (!mark.ok()) return mark.error();
  TxnLogReadOptions read;
  read.after = out_.snapshot;
  read.from = out_.snapshot.next();
  read.record_bytes_max = options_.item_bytes_max;
  read.mark = hint_that_counts(*mark, loaded_ ? std::optional(out_.snapshot) : std::nullopt);
  auto reader = TxnLogReader::open(context_.disk, data_dir_.logs(), read);
  if (!reader.ok()) return reader.error();
  DigestCheck check(context_.log, database_.tree(), snapshot_tail_.digest, out_.snapshot);
  LogRecord record;
  while (true) {
    auto more = reader->next(record);
    if (!more.ok()) return more.error();
    if (!*more) break;
    apply(record, check);
  }
  out_.last = reader->tail().last;
  out_.digest_mismatches = check.mismatches();
  return repair(reader->tail());
}

void Recovery::apply(const LogRecord& record, DigestCheck& check) {
  Zxid zxid = record.txn.header.zxid;
  EncodedTxn encoded{zxid, SharedBytes::copy_of(record.payload)};
  // Results do not matter: the snapshot may hold effects of this txn already.
  Applied applied = database_.apply(writer_, record.txn, encoded, ApplyMode::kReplay);
  database_.tree().set_last_applied(zxid);
  writer_.recycle(std::move(applied));
  check.after(zxid, record.txn.digest);
  ++out_.txns_replayed;
}

// A newer snapshot that cannot be read still proves that its zxid was reached. If the log does not
// have that transaction, it ends before, or a leader's snapshot stands there: what the log has
// behind it goes on from a state that is lost (ZOOKEEPER-2846).
Status Recovery::check_passed_over() const {
  for (const StoredFile& file : passed_over_) {
    // A Java learner writes under a name ending in .tmp before it acknowledges.
    if (file.zxid <= out_.snapshot || file.name.ends_with(".tmp")) continue;
    auto logged =
        log_has_record(context_.disk, data_dir_.logs(), file.zxid, options_.item_bytes_max);
    if (!logged.ok()) return logged.error();
    if (*logged) continue;
    return Error{
        ErrorKind::kCorrupt,
        fmt::format("{} in {} cannot be read, and behind snapshot {} the logs in {}, up to "
                    "zxid 0x{:x}, do not have its last transaction: some are missing",
                    file.name, data_dir_.snapshots(), out_.snapshot_file, data_dir_.logs(),
                    out_.last.value())};
  }
  return {};
}

Status Recovery::repair(const LogTail& tail) {
  if (!tail.short_file.empty()) OKAPI_TRY(data_dir_.set_aside_log(tail.short_file));
  if (tail.torn) {
    OKAPI_WARN(context_.log,
               "{} is cut at offset {}, behind zxid 0x{:x}: the rest is of a batch "
               "that was never synced",
               tail.file, tail.end, tail.last.value());
    out_.tail_cut = true;
  }
  return repair_log_tail(context_.disk, data_dir_.logs(), tail);
}

}  // namespace

Result<Recovered> recover(StorageContext context, DataDir& data_dir, ZkDatabase& database,
                          TreeWriter& writer, const RecoveryOptions& options) {
  return Recovery(context, data_dir, database, writer, options).run();
}

Error untrusted_empty_refusal(const DataDir& data_dir) {
  return {ErrorKind::kNotFound,
          fmt::format("{} and {} hold no data, and zookeeper.db.autocreate is false. If this is a "
                      "new server, create a file named {} beside {}",
                      data_dir.snapshots(), data_dir.logs(), kInitializeName, data_dir.logs())};
}

Result<std::vector<SessionId>> find_orphans(const ZkDatabase& database, const TreeWriter& writer) {
  auto orphans = writer.ephemerals_without(
      [&](SessionId session) { return database.sessions().contains(session); });
  TreeOptions with_extended_types = database.tree().options();
  with_extended_types.extended_types = true;
  std::vector<SessionId> sessions;
  for (const TreeWriter::Orphan& orphan : orphans) {
    // Compat: the reference deletes all TTL nodes here (storage spec section 5).
    if (node_kind(orphan.session.value(), with_extended_types) == NodeKind::kTtl) {
      return Error{ErrorKind::kInvalid,
                   fmt::format("{} is a TTL node, but zookeeper.extendedTypesEnabled is not set: "
                               "set it, or all TTL nodes would be lost",
                               printable(orphan.path))};
    }
    sessions.push_back(orphan.session);
  }
  std::sort(sessions.begin(), sessions.end());
  sessions.erase(std::unique(sessions.begin(), sessions.end()), sessions.end());
  return sessions;
}

Result<int64_t> remove_orphans(StorageContext context, ZkDatabase& database, TreeWriter& writer) {
  auto sessions = find_orphans(database, writer);
  if (!sessions.ok()) return sessions.error();
  for (SessionId session : *sessions) {
    OKAPI_INFO(context.log, "deleting the ephemerals of session 0x{:x}, which is gone",
               static_cast<uint64_t>(session.value()));
    writer.recycle(writer.kill_session(session, database.tree().last_applied()));
  }
  return static_cast<int64_t>(sessions->size());
}

Status set_aside_everything(StorageContext context, DataDir& data_dir) {
  // The hint says that whatever a crash leaves is not all there was.
  SyncedMark never_whole{Zxid(INT64_MAX), Zxid(), 0};
  auto hint = SyncedMarkFile::open(context.disk, data_dir.logs(), never_whole);
  if (!hint.ok()) return hint.error();
  auto logs = list_logs(context.disk, data_dir.logs());
  if (!logs.ok()) return logs.error();
  auto snapshots = list_snapshots(context.disk, data_dir.snapshots());
  if (!snapshots.ok()) return snapshots.error();
  for (const StoredFile& file : *snapshots) OKAPI_TRY(data_dir.set_aside_snapshot(file.name));
  for (const StoredFile& file : *logs) OKAPI_TRY(data_dir.set_aside_log(file.name));
  return data_dir.set_aside_log(kSyncedMarkName);
}

}  // namespace okapi
