#include "server/storage/txn_log_writer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"
#include "common/env/small_file.h"
#include "server/storage/log_files.h"
#include "server/storage/txn_log_format.h"
#include "server/storage/txn_log_reader.h"

namespace okapi {
namespace {

// How far the hint on disk may be behind what is synced.
constexpr Millis kMarkInterval{100};

// A page cache filled by larger writes is written back in larger pieces (measurements, section 5).
constexpr size_t kZeroWriteBytes = 4096;
constexpr char kZeros[kZeroWriteBytes] = {};

uint64_t round_up(uint64_t offset) {
  return (offset + kZeroWriteBytes - 1) / kZeroWriteBytes * kZeroWriteBytes;
}

}  // namespace

struct TxnLogWriter::State {
  // Records up to `end` in the batch may be unsynced together.
  struct Part {
    size_t end = 0;
    Zxid last;
  };

  State(StorageContext c, TxnLogOptions o, SyncedMarkFile m, Zxid last)
      : context(c),
        options(std::move(o)),
        mark_file(std::move(m)),
        last_appended(last),
        last_synced(last) {}

  StorageContext context;
  TxnLogOptions options;
  SyncedMarkFile mark_file;
  TxnLogMetrics metrics;

  std::unique_ptr<File> file;  // null: the next commit makes one
  Zxid file_zxid;
  uint64_t position = 0;   // where the next record goes
  uint64_t zeroed_to = 0;  // bytes from `position` to here are zero in the file

  std::string batch;
  std::vector<Part> parts;  // closed ones; the open one reaches from the last end to batch.size()
  size_t batch_txns = 0;
  Zxid batch_first;
  Zxid last_appended;
  Zxid last_synced;
  uint64_t bytes_logged = 0;
  std::optional<Error> failure;
  bool mark_warned = false;
  MonoTime mark_written_at{};

  Status fail(Error error) {
    error.text = fmt::format("transaction log, zxid 0x{:x}: {}", last_synced.value(), error.text);
    failure = std::move(error);
    batch.clear();
    parts.clear();
    batch_txns = 0;
    return *failure;
  }
  Status write_part(ByteView bytes, Zxid last);
  Status create_file(ByteView bytes);
  Status check_replaceable(const std::string& path);
  Status zero_ahead(size_t next_bytes);
  Status sync_file();
  bool mark_is_due() const;
  void write_mark();
  void warn_about_mark(const Error& error);
};

Result<TxnLogWriter> TxnLogWriter::open(StorageContext context, TxnLogOptions options, Zxid last) {
  auto mark = SyncedMarkFile::open(context.disk, options.directory, SyncedMark{last, Zxid(), 0});
  if (!mark.ok()) return mark.error();
  return TxnLogWriter(std::make_unique<State>(context, std::move(options), std::move(*mark), last));
}

TxnLogWriter::TxnLogWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TxnLogWriter::TxnLogWriter(TxnLogWriter&&) noexcept = default;
TxnLogWriter& TxnLogWriter::operator=(TxnLogWriter&&) noexcept = default;
TxnLogWriter::~TxnLogWriter() = default;

Zxid TxnLogWriter::last_appended() const { return state_->last_appended; }
Zxid TxnLogWriter::last_synced() const { return state_->last_synced; }
size_t TxnLogWriter::pending_bytes() const { return state_->batch.size(); }
size_t TxnLogWriter::pending_txns() const { return state_->batch_txns; }
uint64_t TxnLogWriter::bytes_logged() const { return state_->bytes_logged; }
bool TxnLogWriter::failed() const { return state_->failure.has_value(); }
const TxnLogMetrics& TxnLogWriter::metrics() const { return state_->metrics; }
TxnLogMetrics& TxnLogWriter::metrics() { return state_->metrics; }

void TxnLogWriter::append(const EncodedTxn& txn) {
  State& s = *state_;
  if (s.failure) return;
  OKAPI_ASSERT(txn.zxid > s.last_appended);
  OKAPI_ASSERT(s.last_appended.value() <= 0 || txn.zxid.epoch() != s.last_appended.epoch() ||
               txn.zxid == s.last_appended.next());
  size_t begin = s.parts.empty() ? 0 : s.parts.back().end;
  size_t bytes = kRecordOverheadBytes + txn.bytes.size();
  if (s.batch.size() > begin && s.batch.size() - begin + bytes > s.options.batch_bytes_max) {
    s.parts.push_back({s.batch.size(), s.last_appended});
  }
  if (s.batch_txns == 0) s.batch_first = txn.zxid;
  append_log_record(s.batch, txn.bytes.view());
  s.last_appended = txn.zxid;
  ++s.batch_txns;
}

Status TxnLogWriter::commit() {
  State& s = *state_;
  if (s.failure) return *s.failure;
  if (s.batch.empty()) return {};
  s.parts.push_back({s.batch.size(), s.last_appended});
  size_t begin = 0;
  for (const State::Part& part : s.parts) {
    ByteView bytes = ByteView(s.batch).substr(begin, part.end - begin);
    if (auto status = s.write_part(bytes, part.last); !status.ok()) return s.fail(status.error());
    begin = part.end;
  }
  s.metrics.batch_txns.record(static_cast<int64_t>(s.batch_txns));
  s.bytes_logged += s.batch.size();
  s.batch.clear();
  s.parts.clear();
  s.batch_txns = 0;
  if (s.options.file_bytes_max > 0 &&
      s.position > static_cast<uint64_t>(s.options.file_bytes_max)) {
    return roll();
  }
  return {};
}

Status TxnLogWriter::roll() {
  OKAPI_TRY(commit());
  State& s = *state_;
  if (s.file == nullptr) return {};
  s.file.reset();
  if (auto status = persist_mark(); !status.ok()) s.warn_about_mark(status.error());
  return {};
}

Status TxnLogWriter::persist_mark() {
  State& s = *state_;
  if (s.failure) return *s.failure;
  if (!s.options.force_sync) return {};
  s.write_mark();
  return s.mark_file.sync();
}

std::optional<MonoTime> TxnLogWriter::mark_due() const {
  const State& s = *state_;
  if (s.failure || !s.options.force_sync || s.file == nullptr) return std::nullopt;
  if (s.mark_file.mark().zxid >= s.last_synced) return std::nullopt;
  return s.mark_written_at + kMarkInterval;
}

void TxnLogWriter::write_mark() { state_->write_mark(); }

Result<Zxid> TxnLogWriter::truncate_after(Zxid zxid) {
  State& s = *state_;
  if (s.failure) return *s.failure;
  OKAPI_ASSERT(s.batch.empty());
  SyncedMark before = s.mark_file.mark();
  // The hint goes first: between the two the log may end before the old one.
  auto lower = [&](const SyncedMark& mark) -> Status {
    OKAPI_TRY(s.mark_file.write(mark));
    return s.mark_file.sync();
  };
  auto failed_with = [&](const Error& error) { return s.fail(error).error(); };
  if (zxid < before.zxid) {
    if (auto status = lower({zxid, Zxid(), 0}); !status.ok()) return failed_with(status.error());
  }
  auto end = truncate_logs_after(s.context.disk, s.options.directory, zxid);
  if (!end.ok()) {
    if (end.error().kind != ErrorKind::kNotFound) return failed_with(end.error());
    if (auto status = lower(before); !status.ok()) return failed_with(status.error());
    return end.error();
  }
  s.file.reset();
  s.last_appended = s.last_synced = end->last;
  if (auto status = lower({end->last, end->file, end->offset}); !status.ok()) {
    return failed_with(status.error());
  }
  return end->last;
}

Status TxnLogWriter::restart_at(Zxid zxid) {
  State& s = *state_;
  if (s.last_appended > zxid) {
    auto last = truncate_after(zxid);
    if (!last.ok() && last.error().kind != ErrorKind::kNotFound) return last.error();
  }
  OKAPI_TRY(roll());
  s.file.reset();
  s.last_appended = s.last_synced = zxid;
  s.write_mark();
  return persist_mark();
}

Status TxnLogWriter::State::write_part(ByteView bytes, Zxid last) {
  if (file == nullptr) {
    OKAPI_TRY(create_file(bytes));
  } else {
    OKAPI_TRY(zero_ahead(bytes.size()));
    OKAPI_TRY(file->write_at(position, bytes));
    OKAPI_TRY(sync_file());
    position += bytes.size();
  }
  metrics.bytes_written.add(static_cast<int64_t>(bytes.size()));
  zeroed_to = std::max(zeroed_to, position);
  last_synced = last;
  if (options.force_sync && mark_is_due()) write_mark();
  return {};
}

// The file gets its name only with its first records: Java 3.8 cannot open a log that a crash left
// shorter than its header, and nobody may see a name that is not durable (INV-C2).
Status TxnLogWriter::State::create_file(ByteView bytes) {
  std::string name = log_name(batch_first);
  std::string path = join_path(options.directory, name);
  std::string temp = join_path(options.directory, kTempPrefix + name);
  OKAPI_TRY(check_replaceable(path));
  auto made = context.disk.open(temp, OpenMode::kCreate);
  if (!made.ok()) return made.error();
  OKAPI_INFO(context.log, "Creating new log file: {}", name);
  file = std::move(*made);
  file_zxid = batch_first;
  OKAPI_TRY(file->write_at(0, log_file_header()));
  position = zeroed_to = kFileHeaderBytes;
  OKAPI_TRY(zero_ahead(bytes.size()));
  OKAPI_TRY(file->write_at(position, bytes));
  OKAPI_TRY(sync_file());
  OKAPI_TRY(context.disk.rename(temp, path));
  if (options.force_sync) OKAPI_TRY(context.disk.sync_directory(options.directory));
  position += bytes.size();
  metrics.files_created.add();
  return {};
}

// Only a file without a single record may lose its name to a new one (a crash of a Java server
// leaves such files).
Status TxnLogWriter::State::check_replaceable(const std::string& path) {
  auto reader = TxnLogFileReader::open(context.disk, path, false, kDefaultRecordBytesMax);
  if (!reader.ok()) {
    ErrorKind kind = reader.error().kind;
    bool harmless = kind == ErrorKind::kNotFound || kind == ErrorKind::kTruncated;
    return harmless ? Status() : reader.error();
  }
  LogRecord first;
  OKAPI_TRY(reader->next(first));
  if (first.state != RecordState::kRecord) return {};
  return Error{ErrorKind::kExists, fmt::format("{} exists and holds records", path)};
}

// Zeros the next stretch when the batch does not fit into the zeros there are. A sync over bytes
// that exist already need not touch the file's metadata, which halves its time; under long batches
// the zeros would only double what is written.
Status TxnLogWriter::State::zero_ahead(size_t next_bytes) {
  uint64_t end = position + next_bytes;
  if (end <= zeroed_to || options.preallocate_bytes <= 0 ||
      next_bytes > options.zero_ahead_batch_bytes_max) {
    return {};
  }
  auto ahead = std::min<uint64_t>(options.zero_ahead_bytes,
                                  static_cast<uint64_t>(options.preallocate_bytes));
  uint64_t target = round_up(end + ahead);
  for (uint64_t at = zeroed_to; at < target;) {
    uint64_t stop = std::min(round_up(at + 1), target);
    OKAPI_TRY(file->write_at(at, ByteView(kZeros, stop - at)));
    at = stop;
  }
  metrics.bytes_written.add(static_cast<int64_t>(target - zeroed_to));
  zeroed_to = target;
  return {};
}

Status TxnLogWriter::State::sync_file() {
  if (!options.force_sync) return {};
  MonoTime begin = context.clock.now();
  OKAPI_TRY(file->sync());
  Nanos took = context.clock.now() - begin;
  metrics.sync_us.record(std::chrono::duration_cast<Micros>(took).count());
  metrics.sync_ms.record(to_ms(took));
  if (took > options.sync_warning) {
    metrics.slow_syncs.add();
    OKAPI_WARN(context.log,
               // Compat: log watchers look for these very words.
               "fsync-ing the write ahead log in SyncThread took {}ms which will adversely effect "
               "operation latency. File size is {} bytes: {}",
               to_ms(took), zeroed_to, join_path(options.directory, log_name(file_zxid)));
  }
  return {};
}

// A failure to write it harms nobody. The mark is a lower bound, so it may lag: written with every
// commit it would cost a lone write a tenth of its time.
bool TxnLogWriter::State::mark_is_due() const {
  return mark_file.mark().log != file_zxid ||
         context.clock.now() - mark_written_at >= kMarkInterval;
}

void TxnLogWriter::State::write_mark() {
  mark_written_at = context.clock.now();
  auto status = mark_file.write({last_synced, file_zxid, position});
  if (!status.ok()) warn_about_mark(status.error());
}

void TxnLogWriter::State::warn_about_mark(const Error& error) {
  if (std::exchange(mark_warned, true)) return;
  OKAPI_WARN(context.log, "{} is not kept up: {}", kSyncedMarkName, error.text);
}

}  // namespace okapi
