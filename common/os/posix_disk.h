// Files of the real world. Any thread, one at a time per file.
#pragma once

#include "common/env/disk.h"

namespace okapi {

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  bool writable(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, ByteView content) override;
  Result<uint64_t> free_bytes(const std::string& directory) override;
};

}  // namespace okapi
