// A disk in memory for unit tests: no time, but crashes. It counts the calls that change something;
// after `crash_after` of them every call fails, as if the power had gone. restart() then decides by
// dice what is left. One thread.
#pragma once

#include <functional>
#include <set>

#include "common/env/disk.h"
#include "tests/sim/disk_image.h"

namespace okapi {

class ImageDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  bool writable(const std::string&) override { return true; }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, ByteView content) override;
  Result<uint64_t> free_bytes(const std::string&) override { return uint64_t{1} << 40; }

  enum class Crash { kProgram, kPower };
  void crash_after(uint64_t changes) { crash_at_ = changes_ + changes; }
  bool crashed() const { return changes_ >= crash_at_; }
  void restart(Crash how, Rng& dice);
  uint64_t changes() const { return changes_; }

  // Asked before each changing call ("write", "sync", "rename"…): an error makes it fail. A failed
  // sync drops pages by dice.
  std::function<Status(const std::string& call, const std::string& path)> fault;
  Rng fault_dice{1};

  // From outside.
  std::string content(const std::string& path) const;
  void put(const std::string& path, ByteView content);  // durable
  std::vector<std::string> files() const;
  sim::DiskImage image;

 private:
  friend class ImageFile;
  Status change(const std::string& call, const std::string& path);
  Error gone() const { return {ErrorKind::kIo, "the power is gone"}; }

  uint64_t changes_ = 0;
  uint64_t crash_at_ = UINT64_MAX;
  uint64_t program_ = 1;
};

}  // namespace okapi
