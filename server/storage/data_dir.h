// The two version-2 directories: start-up checks, lock, owner's id, quarantine (storage spec
// section 1). Opened once, before recovery; blocking. While it lives no other server uses them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "server/storage/storage_context.h"

namespace okapi {

inline constexpr char kVersionDirectory[] = "version-2";
inline constexpr char kInitializeName[] = "initialize";
inline constexpr char kLockName[] = "okapi.lock";
inline constexpr char kSidName[] = "okapi.sid";

struct DataDirOptions {
  std::string data_dir = {};
  std::string data_log_dir = {};     // the same string as data_dir = one directory for both
  bool autocreate = true;            // zookeeper.datadir.autocreate
  std::optional<ServerId> sid = {};  // empty for a standalone server
  bool adopt_data = false;           // --adopt-data
  std::string pid = {};              // goes into the lock files
};

class DataDir {
 public:
  // Errors: kInvalid = another server id wrote the data (exit code 2); all others: the directory
  // cannot be used (exit code 3). See exit_code_for.
  static Result<DataDir> open(StorageContext context, DataDirOptions options);

  const std::string& snapshots() const { return snapshots_; }  // dataDir/version-2
  const std::string& logs() const { return logs_; }            // dataLogDir/version-2
  // The marker that lets an empty directory count as a new one: looked for in dataLogDir, then in
  // dataDir. Errors: it cannot be looked for.
  Result<bool> has_initialize_marker();
  Status remove_initialize_marker();

  // Directory for damaged files beside version-2; made at the first use, named after the time.
  Result<std::string> log_quarantine();
  Result<std::string> snapshot_quarantine();
  // Moves a file out of version-2; durable when it returns. Nothing is ever deleted this way.
  Status set_aside_log(const std::string& name);
  Status set_aside_snapshot(const std::string& name);

 private:
  DataDir(StorageContext context, DataDirOptions options);
  Status check_directories();
  Status check_contents();
  Status take_locks();
  Status check_sid();
  Status remove_temporary_files();
  Result<std::string> quarantine_in(const std::string& root, std::string& made);
  Status set_aside(const std::string& from_directory, const std::string& to_directory,
                   const std::string& name);

  StorageContext context_;
  DataDirOptions options_;
  std::string snapshots_, logs_;
  std::vector<std::unique_ptr<FileLock>> locks_;
  std::string log_quarantine_, snapshot_quarantine_;
};

int exit_code_for(const Error& data_dir_error);

}  // namespace okapi
