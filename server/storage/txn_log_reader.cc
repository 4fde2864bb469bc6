#include "server/storage/txn_log_reader.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {
namespace {

// Records are looked at in windows of this size; a longer record gets a window of its own.
constexpr size_t kWindowBytes = 256 * 1024;

bool all_zero(ByteView bytes) { return bytes.find_first_not_of('\0') == ByteView::npos; }

}  // namespace

bool continues(Zxid last, Zxid next) {
  if (next.epoch() == last.epoch()) return next == last.next();
  return next.epoch() > last.epoch() && next.counter() == 1;
}

Result<bool> log_has_record(Disk& disk, const std::string& directory, Zxid zxid,
                            uint32_t record_bytes_max) {
  TxnLogReadOptions options;
  options.from = zxid;
  options.decode_bodies = false;
  options.record_bytes_max = record_bytes_max;
  auto reader = TxnLogReader::open(disk, directory, std::move(options));
  if (!reader.ok()) return reader.error();
  LogRecord record;
  auto more = reader->next(record);
  if (!more.ok()) return more.error();
  return *more && record.txn.header.zxid == zxid;
}

std::optional<SyncedMark> hint_that_counts(std::optional<SyncedMark> mark,
                                           std::optional<Zxid> newest_snapshot) {
  if (mark && newest_snapshot && mark->zxid < *newest_snapshot) return std::nullopt;
  return mark;
}

Result<TxnLogFileReader> TxnLogFileReader::open(Disk& disk, const std::string& path,
                                                bool decode_bodies, uint32_t record_bytes_max) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file.ok()) return file.error();
  auto bytes = (*file)->size();
  if (!bytes.ok()) return bytes.error();
  std::string head;
  OKAPI_TRY((*file)->read_at(0, kFileHeaderBytes, head));
  if (head.size() < kFileHeaderBytes) {
    return Error{ErrorKind::kTruncated,
                 fmt::format("transaction log {} ends inside its header", path)};
  }
  // Compat: version and database id are not looked at.
  if (jute::InputArchive(head).get_int() != kLogMagic) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("transaction log {} has invalid magic number", path)};
  }
  TxnLogFileReader out(std::move(*file), *bytes);
  out.decode_bodies_ = decode_bodies;
  out.record_bytes_max_ = record_bytes_max;
  return out;
}

// Makes the window hold `need` bytes from position_ on, or all there are.
Status TxnLogFileReader::fill(size_t need) {
  OKAPI_ASSERT(position_ >= window_offset_);
  uint64_t skip = position_ - window_offset_;
  if (window_.size() >= skip + need || window_offset_ + window_.size() >= bytes_) return {};
  window_.erase(0, std::min<uint64_t>(skip, window_.size()));
  window_offset_ = position_;
  size_t want = std::max(need, kWindowBytes) - window_.size();
  return file_->read_at(window_offset_ + window_.size(), want, window_);
}

Status TxnLogFileReader::next(LogRecord& out) {
  size_t need = kRecordHeadBytes;
  RawRecord raw;
  while (true) {
    OKAPI_TRY(fill(need));
    ByteView window = ByteView(window_).substr(position_ - window_offset_);
    uint64_t available = std::max<uint64_t>(bytes_ - position_, window.size());
    raw = parse_log_record(window, available, record_bytes_max_);
    // A file that shrinks while it is read ends where it ends now.
    if (raw.state != RecordState::kCut || raw.bytes > available || need >= raw.bytes) break;
    need = raw.bytes;
  }
  out.state = raw.state;
  out.offset = out.end = position_;
  out.payload = raw.payload;
  if (raw.state != RecordState::kRecord) return {};
  if (decode_bodies_) {
    auto txn = decode_txn(raw.payload);
    if (txn.ok()) {
      out.txn = std::move(*txn);
    } else {
      out.state = RecordState::kBadBody;
    }
  } else {
    jute::InputArchive in(raw.payload);
    get(in, out.txn.header);
    if (!in.ok()) out.state = RecordState::kBadBody;
  }
  if (out.state == RecordState::kRecord) position_ += raw.bytes;
  out.end = position_;
  return {};
}

Result<bool> TxnLogFileReader::zero_from(uint64_t offset) {
  std::string bytes;
  for (; offset < bytes_; offset += bytes.size()) {
    bytes.clear();
    OKAPI_TRY(file_->read_at(offset, kWindowBytes, bytes));
    if (bytes.empty()) break;
    if (!all_zero(bytes)) return false;
  }
  return true;
}

Result<std::optional<uint64_t>> TxnLogFileReader::find_record_from(uint64_t offset) {
  std::string bytes;
  size_t step = 4 * kWindowBytes;
  for (; offset < bytes_; offset += step) {
    bytes.clear();
    OKAPI_TRY(file_->read_at(offset, step + kRecordOverheadBytes + record_bytes_max_, bytes));
    uint64_t behind = bytes_ - std::min<uint64_t>(bytes_, offset + bytes.size());
    size_t starts = std::min(step, bytes.size());
    for (size_t i = 0; i < starts; ++i) {
      ByteView here = ByteView(bytes).substr(i);
      // The upper half of the crc field is zero, the length is not: most places end here.
      if (here.size() < kRecordHeadBytes || !all_zero(here.substr(0, 4))) continue;
      auto raw = parse_log_record(here, here.size() + behind, record_bytes_max_);
      if (raw.state == RecordState::kRecord && raw.payload.size() >= kTxnHeaderBytes) {
        return std::optional<uint64_t>(offset + i);
      }
    }
  }
  return std::optional<uint64_t>();
}

TxnLogReader::TxnLogReader(Disk& disk, std::string directory, TxnLogReadOptions options)
    : disk_(&disk),
      directory_(std::move(directory)),
      options_(std::move(options)),
      last_(options_.after) {
  tail_.last = options_.after.value_or(Zxid(options_.from.value() - 1));
}

Result<TxnLogReader> TxnLogReader::open(Disk& disk, const std::string& directory,
                                        TxnLogReadOptions options) {
  TxnLogReader out(disk, directory, std::move(options));
  auto logs = list_logs(disk, directory);
  if (!logs.ok()) return logs.error();
  // A crash of another server may leave a newest file without a whole header: no record is in it.
  if (!logs->empty() && logs->back().bytes < kFileHeaderBytes) {
    out.tail_.short_file = logs->back().name;
    logs->pop_back();
  }
  out.files_ = logs_from(*logs, out.options_.from);
  return out;
}

Zxid TxnLogReader::file_limit() const {
  for (size_t i = at_ + 1; i < files_.size(); ++i) {
    if (files_[i].zxid > files_[at_].zxid) return files_[i].zxid;
  }
  return Zxid(INT64_MAX);
}

Status TxnLogReader::open_file() {
  auto file = TxnLogFileReader::open(*disk_, join_path(directory_, files_[at_].name),
                                     options_.decode_bodies, options_.record_bytes_max);
  if (!file.ok()) return file.error();
  file_.emplace(std::move(*file));
  file_last_.reset();
  if (newest()) {
    tail_.file = files_[at_].name;
    tail_.file_zxid = files_[at_].zxid;
    tail_.end = kFileHeaderBytes;
  }
  return {};
}

void TxnLogReader::next_file() {
  ++at_;
  file_.reset();
}

Result<bool> TxnLogReader::next(LogRecord& out) {
  while (!done_) {
    if (at_ >= files_.size()) {
      done_ = true;
      OKAPI_TRY(check_mark());
      break;
    }
    if (!file_) OKAPI_TRY(open_file());
    OKAPI_TRY(file_->next(out));
    if (out.state == RecordState::kRecord) {
      if (out.txn.header.zxid >= file_limit()) {
        next_file();
        continue;
      }
      auto wanted = accept(out);
      if (!wanted.ok()) return wanted.error();
      if (*wanted) return true;
    } else if (newest()) {
      OKAPI_TRY(end_of_newest(out));
      ++at_;
    } else {
      OKAPI_TRY(end_of_older(out));
      next_file();
    }
  }
  return false;
}

Result<bool> TxnLogReader::accept(const LogRecord& record) {
  Zxid zxid = record.txn.header.zxid;
  if (file_last_ && zxid <= *file_last_) {
    return rot(record.offset,
               fmt::format("zxid 0x{:x} after 0x{:x}", zxid.value(), file_last_->value()));
  }
  file_last_ = zxid;
  seen_ = std::max(seen_, zxid);
  if (newest()) {
    tail_.end = record.end;
    bool proven = !options_.mark || zxid <= options_.mark->zxid;
    if (!proven && tail_.first_unproven == Zxid()) {
      tail_.unproven = record.offset;
      tail_.first_unproven = zxid;
    }
  }
  if (zxid < options_.from || (last_ && zxid <= *last_)) return false;
  if (last_ && !continues(*last_, zxid)) {
    return rot(record.offset,
               fmt::format("gap: zxid 0x{:x} follows 0x{:x}", zxid.value(), last_->value()));
  }
  last_ = zxid;
  tail_.last = zxid;
  return true;
}

// A file that was rolled was whole then. Like the reference, a cut end is let pass: the next record
// shows whether anything is missing.
Status TxnLogReader::end_of_older(const LogRecord& record) {
  switch (record.state) {
    case RecordState::kZeroLength:
    case RecordState::kCut:
    case RecordState::kNoTerminator:
      return {};
    case RecordState::kBadLength:
    case RecordState::kBadChecksum:
    case RecordState::kBadBody:
    case RecordState::kRecord:
      break;
  }
  return rot(record.offset, describe(record.state));
}

Status TxnLogReader::end_of_newest(const LogRecord& record) {
  tail_.end = record.offset;
  if (tail_.first_unproven == Zxid()) tail_.unproven = tail_.end;
  OKAPI_TRY(check_mark());
  if (record.state == RecordState::kZeroLength || record.state == RecordState::kCut) {
    auto clean = file_->zero_from(record.offset);
    if (!clean.ok()) return clean.error();
    if (*clean) return {};
  }
  // A checksum that is right over a body nobody can read is no torn write, but somebody's record.
  bool refused_by_reference =
      record.state == RecordState::kBadLength || record.state == RecordState::kBadChecksum;
  if (record.state == RecordState::kBadBody || (refused_by_reference && !options_.mark)) {
    return rot(record.offset, describe(record.state));
  }
  auto later = file_->find_record_from(record.offset + kLogBatchBytesMax);
  if (!later.ok()) return later.error();
  if (*later) {
    return rot(record.offset, fmt::format("{}, and a good one follows at offset {}",
                                          describe(record.state), **later));
  }
  tail_.torn = true;
  return {};
}

Status TxnLogReader::check_mark() {
  Zxid last = std::max(seen_, tail_.last);
  if (!options_.mark || last >= options_.mark->zxid) return {};
  return rot(tail_.end, fmt::format("the log ends at zxid 0x{:x}, but 0x{:x} had been synced (log "
                                    "{:x}, offset {})",
                                    last.value(), options_.mark->zxid.value(),
                                    options_.mark->log.value(), options_.mark->offset));
}

Error TxnLogReader::rot(uint64_t offset, ByteView why) const {
  std::string where = file_ ? file_->path() : directory_;
  return {ErrorKind::kCorrupt,
          fmt::format("transaction log {} is damaged at offset {}: {}", where, offset, why)};
}

}  // namespace okapi
