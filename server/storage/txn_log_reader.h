// Reads the transaction log: one file record by record, or a directory from a zxid on with the
// rules that tell a torn tail from rot (storage spec 3.5, 3.6; safety F-DSK-04 to 06). Blocking;
// any waiting stage. Memory: one window, as long as the longest record. An open file survives its
// removal by purge.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/log_files.h"
#include "server/storage/synced_mark.h"
#include "server/storage/txn_log_format.h"
#include "server/txn/txn.h"

namespace okapi {

// One record. The views are good until the next call of the reader.
struct LogRecord {
  RecordState state = RecordState::kCut;
  uint64_t offset = 0;  // of the record in its file
  uint64_t end = 0;     // offset behind it
  ByteView payload;     // the bytes of EncodedTxn
  Txn txn;              // only header filled when bodies are not decoded
};

// Iterates one file, without judging what its end means.
class TxnLogFileReader {
 public:
  // Errors: the file cannot be read; kTruncated: shorter than a header; kCorrupt: wrong magic.
  static Result<TxnLogFileReader> open(Disk& disk, const std::string& path, bool decode_bodies,
                                       uint32_t record_bytes_max);
  // The next record, or, with a state other than kRecord, why there is none: then the position
  // stays. Errors: reading failed.
  Status next(LogRecord& out);
  // Whether all bytes from `offset` to the end of the file are zero.
  Result<bool> zero_from(uint64_t offset);
  // Offset of the first complete record at or behind `offset`, byte by byte.
  Result<std::optional<uint64_t>> find_record_from(uint64_t offset);
  uint64_t file_bytes() const { return bytes_; }
  const std::string& path() const { return file_->path(); }

 private:
  TxnLogFileReader(std::unique_ptr<File> file, uint64_t bytes)
      : file_(std::move(file)), bytes_(bytes) {}
  Status fill(size_t need);

  std::unique_ptr<File> file_;
  uint64_t bytes_ = 0;
  bool decode_bodies_ = true;
  uint32_t record_bytes_max_ = kDefaultRecordBytesMax;
  std::string window_;
  uint64_t window_offset_ = 0;
  uint64_t position_ = kFileHeaderBytes;
};

struct TxnLogReadOptions {
  Zxid from;                       // records below are skipped
  std::optional<SyncedMark> mark;  // the hint, if it counts (see hint_that_counts)
  bool decode_bodies = true;       // false for streaming to learners: header only
  uint32_t record_bytes_max = kDefaultRecordBytesMax;
  // The record before `from`, if it must be continued without a gap; empty = start anywhere.
  std::optional<Zxid> after;
};

// Where the log ends and what has to be done about it before a record may follow.
struct LogTail {
  std::string file;  // name of the newest log; "" = there is none
  Zxid file_zxid;
  Zxid last;          // zxid of the last record read; options.from - 1 if there is none
  uint64_t end = 0;   // offset behind it
  bool torn = false;  // bytes behind `end` are remains of an unsynced batch
  // Offset of the first record that no hint proves to be on the platter; `end` if all are.
  uint64_t unproven = 0;
  Zxid first_unproven;
  // A newest file shorter than its header: to be moved aside.
  std::string short_file;
};

class TxnLogReader {
 public:
  static Result<TxnLogReader> open(Disk& disk, const std::string& directory,
                                   TxnLogReadOptions options);
  // The next record at or above `from` in zxid order; false at the end of the log. Errors: kCorrupt
  // for rot, a gap or a log that ends before the hint (text names file and offset), kIo.
  Result<bool> next(LogRecord& out);
  // After next() answered false.
  const LogTail& tail() const { return tail_; }
  // Name and size of the files that are read, oldest first.
  const std::vector<StoredFile>& files() const { return files_; }

 private:
  TxnLogReader(Disk& disk, std::string directory, TxnLogReadOptions options);
  Status open_file();
  void next_file();
  // Whether the caller gets the record; if not it lies below `from`, or was read before.
  Result<bool> accept(const LogRecord& record);
  Status end_of_older(const LogRecord& record);
  Status end_of_newest(const LogRecord& record);
  Status check_mark();
  Error rot(uint64_t offset, ByteView why) const;
  bool newest() const { return at_ + 1 == files_.size(); }
  // Records from here on are the next file's (a crash in repair_log_tail leaves both).
  Zxid file_limit() const;

  Disk* disk_;
  std::string directory_;
  TxnLogReadOptions options_;
  std::vector<StoredFile> files_;
  size_t at_ = 0;
  std::optional<TxnLogFileReader> file_;
  std::optional<Zxid> last_;       // last record given out, or options_.after
  std::optional<Zxid> file_last_;  // last record seen in this file
  Zxid seen_;                      // highest record seen, skipped ones too
  LogTail tail_;
  bool done_ = false;
};

// Whether nothing is missing between two records that follow one another: the next counter of an
// epoch, or the first of a later epoch.
bool continues(Zxid last, Zxid next);

// Whether the log in `directory` has the record `zxid`. A snapshot that a leader sent has none at
// its stamp: a hole of the log ends there (ZOOKEEPER-2846). One of a history that was written has
// one.
Result<bool> log_has_record(Disk& disk, const std::string& directory, Zxid zxid,
                            uint32_t record_bytes_max);

// The hint as recovery may use it: none when the newest valid snapshot is younger (Java may have
// written and purged since).
std::optional<SyncedMark> hint_that_counts(std::optional<SyncedMark> mark,
                                           std::optional<Zxid> newest_snapshot);

// Makes what `tail` describes safe to build on (safety F-DSK-01, F-DSK-04): cuts a torn tail,
// writes records that no hint proves into a fresh file and syncs it. A short file is the caller's
// to set aside. Repeatable: a crash in between leaves a log that reads the same.
Status repair_log_tail(Disk& disk, const std::string& directory, const LogTail& tail);

}  // namespace okapi
