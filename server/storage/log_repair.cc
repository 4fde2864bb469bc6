#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/env/small_file.h"
#include "server/storage/txn_log_reader.h"

namespace okapi {
namespace {

constexpr size_t kCopyBytes = 1024 * 1024;

// Writes header and the bytes [begin, end) of `from` to a new file at `path`, synced.
Status copy_records(Disk& disk, File& from, uint64_t begin, uint64_t end, const std::string& path) {
  auto to = disk.open(path, OpenMode::kCreate);
  if (!to.ok()) return to.error();
  OKAPI_TRY((*to)->write_at(0, log_file_header()));
  std::string bytes;
  for (uint64_t at = begin; at < end; at += bytes.size()) {
    bytes.clear();
    OKAPI_TRY(from.read_at(at, std::min<uint64_t>(kCopyBytes, end - at), bytes));
    if (bytes.empty()) {
      return Error{ErrorKind::kTruncated, fmt::format("{} shrank while it was read", from.path())};
    }
    OKAPI_TRY((*to)->write_at(kFileHeaderBytes + (at - begin), bytes));
  }
  return (*to)->sync();
}

Status cut(File& file, uint64_t end) {
  OKAPI_TRY(file.truncate(end));
  return file.sync();
}

}  // namespace

// After a failed sync the page cache may show what the disk never got, marked clean; so a second
// sync of the same pages proves nothing. A fresh file does.
Status repair_log_tail(Disk& disk, const std::string& directory, const LogTail& tail) {
  if (tail.file.empty()) return {};
  auto file = disk.open(join_path(directory, tail.file), OpenMode::kReadWrite);
  if (!file.ok()) return file.error();
  if (tail.unproven == tail.end) {
    if (tail.torn) return cut(**file, tail.end);
    return (*file)->sync();
  }
  bool whole_file = tail.unproven == kFileHeaderBytes;
  std::string name = whole_file ? tail.file : log_name(tail.first_unproven);
  std::string temp = join_path(directory, kTempPrefix + name);
  OKAPI_TRY(copy_records(disk, **file, tail.unproven, tail.end, temp));
  OKAPI_TRY(disk.rename(temp, join_path(directory, name)));
  OKAPI_TRY(disk.sync_directory(directory));
  return whole_file ? Status() : cut(**file, tail.unproven);
}

}  // namespace okapi
