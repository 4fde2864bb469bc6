// Files, as plain blocking calls, made by waiting stages only. Errors name the path and the errno
// text. Nothing is retried here: a failed write or sync is the caller's to make fatal.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace okapi {

class File {
 public:
  virtual ~File() = default;  // closes
  // Writes all of `bytes` at `offset`.
  virtual Status write_at(uint64_t offset, ByteView bytes) = 0;
  // Appends up to `size` bytes from `offset` to `out`; fewer at the end of the file.
  virtual Status read_at(uint64_t offset, size_t size, std::string& out) = 0;
  // fdatasync: when it returns, what was written survives a power loss.
  virtual Status sync() = 0;
  virtual Status truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size() = 0;
  virtual const std::string& path() const = 0;
};

// Held for the life of the process; the file stays.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,
  kReadWrite,  // must exist
  kCreate,     // made anew, an old one of that name is emptied
};

struct DirEntry {
  std::string name;
  uint64_t size = 0;  // bytes, of files
  bool directory = false;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Entries in name order, without "." and "..".
  virtual Result<std::vector<DirEntry>> list(const std::string& directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Creates the directory and its parents (mode 0750).
  virtual Status make_directories(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status unlink(const std::string& path) = 0;
  // Makes names created, renamed or removed in `directory` survive a power loss.
  virtual Status sync_directory(const std::string& directory) = 0;
  virtual bool writable(const std::string& directory) = 0;
  // Takes an exclusive lock and writes `content` into the file; kBusy if another process holds it,
  // with that process's content in the text.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, ByteView content) = 0;
  virtual Result<uint64_t> free_bytes(const std::string& directory) = 0;
};

}  // namespace okapi
