// The hint `okapi.synced`: how far the log is provably on the platter (storage spec section 1,
// safety F-DSK-04). It is a lower bound, written after each sync of the log and itself synced only
// now and then. Its checksum makes damage to it harmless: a mark that does not check is no mark.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/env/disk.h"

namespace okapi {

struct SyncedMark {
  Zxid zxid;            // of the last synced record; what was known at opening if none was written
  Zxid log;             // zxid in the name of the file that holds it; 0 = no file was written yet
  uint64_t offset = 0;  // end of that record in that file, bytes

  friend bool operator==(const SyncedMark&, const SyncedMark&) = default;
};

inline constexpr char kSyncedMarkName[] = "okapi.synced";

std::string encode_synced_mark(const SyncedMark& mark);
std::optional<SyncedMark> decode_synced_mark(ByteView bytes);

// The mark in `log_directory`, if there is one that checks. Errors: the file cannot be read.
Result<std::optional<SyncedMark>> read_synced_mark(Disk& disk, const std::string& log_directory);

// The open hint file. Belongs to the TxnLogWriter.
class SyncedMarkFile {
 public:
  // Creates the file, or takes the one there, writes `mark` and syncs file and directory.
  static Result<SyncedMarkFile> open(Disk& disk, const std::string& log_directory,
                                     const SyncedMark& mark);
  // Into the page cache only.
  Status write(const SyncedMark& mark);
  Status sync();
  const SyncedMark& mark() const { return mark_; }

 private:
  SyncedMarkFile(std::unique_ptr<File> file, SyncedMark mark)
      : file_(std::move(file)), mark_(mark) {}

  std::unique_ptr<File> file_;
  SyncedMark mark_;
};

}  // namespace okapi
