// What storage and database tests share: a context over any disk, transactions to log, fixtures.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "common/os/posix_disk.h"
#include "server/storage/storage_context.h"
#include "server/txn/encoded_txn.h"
#include "tests/support/image_disk.h"

namespace okapi {

class TestClock final : public Clock {
 public:
  MonoTime now() const override { return time; }
  WallTime wall() const override { return {1'700'000'000'000 + to_ms(time)}; }
  MonoTime time{};
};

class TestLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, int, std::string_view text) override {
    lines.emplace_back(text);
  }
  void flush() override {}
  bool has(std::string_view part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<std::string> lines;
};

// Clock and log for a StorageContext.
struct StorageWorld {
  TestClock clock;
  TestLog lines;
  Logger log{lines, LogLevel::kInfo};
  StorageContext over(Disk& disk) { return {disk, clock, log}; }
};

// A directory that goes with the object.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "okapi-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path); }
  std::string path;
};

inline std::string fixture(const std::string& name) {
  return std::string(OKAPI_TEST_DATA) + "/zookeeper-3.8.0/" + name;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline EncodedTxn create_txn(Zxid zxid, ByteView path, ByteView data) {
  CreateTxn body;
  body.path = path;
  body.data = data;
  body.acl.items = {{Perms::kAll, "world", "anyone"}};
  body.parent_cversion = -1;
  TxnHeader header{SessionId(1), 1, zxid, 1000 + zxid.value(), 1};
  return encode_txn(header, body, std::nullopt);
}

inline EncodedTxn error_txn(Zxid zxid, size_t pad = 0) {
  if (pad > 0) return create_txn(zxid, "/x", std::string(pad, 'x'));
  return encode_txn(TxnHeader{SessionId(1), 1, zxid, 1000, -1}, ErrorTxn{-101}, std::nullopt);
}

}  // namespace okapi
