// Removes old snapshots and logs (storage spec section 8, INV-C6): after any purge, at each crash
// point, N valid snapshots (fewer only if there were fewer) and every record after the oldest of
// them remain. Work comes in bounded slices; blocking; Purge's own stage or the offline tool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/storage/log_files.h"
#include "server/storage/snapshot_parser.h"
#include "server/storage/storage_context.h"

namespace okapi {

struct PurgeOptions {
  std::string snapshots = {}, logs = {};  // the version-2 directories
  int32_t retain = 3;                     // at least 3
  uint32_t item_bytes_max = kDefaultRecordBytesMax;
  uint64_t slice_bytes = 4 * 1024 * 1024;  // read per step while snapshots are verified
  size_t slice_files = 16;                 // removed per step
};

class Purge {
 public:
  Purge(StorageContext context, PurgeOptions options);
  // One slice; true when all is done. After an error the purge is over; the next one starts anew.
  Result<bool> step();
  // Files removed so far, in order.
  const std::vector<std::string>& removed() const { return removed_; }

 private:
  enum class Phase { kList, kVerify, kRemoveSnapshots, kRemoveLogs, kDone };
  class NullSink;

  Status list();
  Result<bool> verify();
  Status plan();
  Status remove_slice(std::vector<std::string>& names, const std::string& directory, Phase next);

  StorageContext context_;
  PurgeOptions options_;
  Phase phase_ = Phase::kList;
  std::vector<StoredFile> candidates_;  // newest first
  size_t at_ = 0;
  std::vector<StoredFile> valid_;
  std::unique_ptr<NullSink> sink_;
  std::optional<SnapshotFileReader> reader_;
  std::vector<std::string> snapshots_to_remove_, logs_to_remove_;  // newest first
  std::vector<std::string> removed_;

 public:
  ~Purge();
};

}  // namespace okapi
