// Handles on a simulated disk. A handle of a program that was killed changes nothing any more.
#pragma once

#include <memory>
#include <string>

#include "tests/sim/sim_disk.h"

namespace okapi::sim {

class SimFile final : public File {
 public:
  SimFile(SimDisk& disk, std::string path, std::shared_ptr<Inode> inode, OpenMode mode)
      : disk_(disk),
        path_(std::move(path)),
        inode_(std::move(inode)),
        writable_(mode != OpenMode::kRead),
        program_(disk.program_) {}

  Status write_at(uint64_t offset, ByteView bytes) override;
  Status read_at(uint64_t offset, size_t size, std::string& out) override;
  Status sync() override;
  Status truncate(uint64_t size) override;
  Result<uint64_t> size() override;
  const std::string& path() const override { return path_; }

 private:
  bool alive() const { return program_ == disk_.program_; }
  Error io_error() const { return {ErrorKind::kIo, path_ + ": Input/output error"}; }
  Nanos price_of(Nanos call, size_t bytes) const;
  Status write_short(uint64_t offset, ByteView bytes);

  SimDisk& disk_;
  const std::string path_;
  const std::shared_ptr<Inode> inode_;
  const bool writable_;
  const uint64_t program_;
};

class SimFileLock final : public FileLock {
 public:
  SimFileLock(SimDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), program_(disk.program_) {}
  ~SimFileLock() override {
    if (program_ == disk_.program_) disk_.locks_.erase(path_);
  }

 private:
  SimDisk& disk_;
  const std::string path_;
  const uint64_t program_;
};

}  // namespace okapi::sim
