// Names of logs and snapshots, listing them, and cutting the log (storage spec sections 1, 3.7).
// Blocking; called by whoever holds the TxnLogWriter, or before one exists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/env/disk.h"

namespace okapi {

inline constexpr char kLogPrefix[] = "log";
inline constexpr char kSnapshotPrefix[] = "snapshot";

// Compat: the reference splits at '.', wants the prefix first and a signed hex zxid second, and
// ignores what follows ("log.73.bak" is a log). Empty = not such a file.
std::optional<Zxid> zxid_of_name(ByteView name, ByteView prefix);
std::string log_name(Zxid first);
std::string join_path(const std::string& directory, ByteView name);

struct StoredFile {
  Zxid zxid;
  std::string name;
  uint64_t bytes = 0;
};

// Logs in ascending order of zxid, then name.
Result<std::vector<StoredFile>> list_logs(Disk& disk, const std::string& directory);
// Snapshots in descending order of zxid.
Result<std::vector<StoredFile>> list_snapshots(Disk& disk, const std::string& directory);

// The logs that may hold records from `zxid` on: those with a name >= zxid and the newest before.
std::vector<StoredFile> logs_from(const std::vector<StoredFile>& logs, Zxid zxid);

// Where the log ends after a cut.
struct LogEnd {
  Zxid last;            // last record left; 0 if none is
  Zxid file;            // zxid in the name of the file that holds it
  uint64_t offset = 0;  // behind it
};

// Removes every record above `zxid`: newer files from the newest to the oldest, each unlink synced,
// then the file that holds the place is cut and synced. The last record left is below `zxid` if
// that one is missing. A crash in between leaves a log without gaps. Errors: kNotFound when no log
// reaches `zxid` (nothing was done; the reference then ends with exit code 13).
Result<LogEnd> truncate_logs_after(Disk& disk, const std::string& directory, Zxid zxid);

}  // namespace okapi
