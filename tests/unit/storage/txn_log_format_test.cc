#include "server/storage/txn_log_format.h"

#include <catch2/catch.hpp>

#include "server/storage/log_files.h"
#include "server/storage/txn_log_reader.h"
#include "server/storage/txn_log_writer.h"
#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

std::string unhex(const std::string& text) {
  std::string out;
  std::string digits;
  for (char c : text) {
    if (c != ' ' && c != '\n') digits.push_back(c);
  }
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return out;
}

std::string encode_again(const Txn& txn) {
  return std::visit(
      [&](const auto& body) {
        return std::string(encode_txn(txn.header, body, txn.digest).bytes.view());
      },
      txn.body);
}

}  // namespace

// Storage spec 3.2: what a fresh Java server wrote.
TEST_CASE("the writer's bytes are the reference's") {
  TempDir dir;
  PosixDisk disk;
  StorageWorld world;
  auto writer =
      TxnLogWriter::open(world.over(disk), {.directory = dir.path, .preallocate_bytes = 1024}, {});
  REQUIRE(writer.ok());
  SessionId session(0x0100000e4d140000);
  TxnDigest empty{2, 0x51c6d660};
  writer->append(encode_txn(TxnHeader{session, 0, Zxid(1), 0x1a1faf0203e, -10},
                            CreateSessionTxn{10000}, empty));
  CreateTxn create;
  create.path = "/a";
  create.data = "hi";
  create.acl.items = {{31, "world", "anyone"}};
  create.parent_cversion = 1;
  writer->append(encode_txn(TxnHeader{session, 1, Zxid(2), 0x1a1faf02047, 1}, create,
                            TxnDigest{2, 0x607a0afd}));
  REQUIRE(writer->commit().ok());

  std::string expected = unhex(
      "5a4b4c47 00000002 0000000000000000"
      "00000000a9f709d5 00000030 0100000e4d140000 00000000 0000000000000001"
      "000001a1faf0203e fffffff6 00002710 00000002 0000000051c6d660 42"
      "00000000a3370b8e 00000058"
      "0100000e4d140000 00000001 0000000000000002 000001a1faf02047 00000001"
      "00000002 2f61 00000002 6869"
      "00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00 00000001"
      "00000002 00000000607a0afd 42");
  REQUIRE(expected.size() == 0xb2);
  std::string file = read_file(dir.path + "/log.1");
  CHECK(file.substr(0, expected.size()) == expected);
  CHECK(file.find_first_not_of('\0', expected.size()) == std::string::npos);
}

TEST_CASE("every record of the reference encodes to itself again") {
  PosixDisk disk;
  for (const char* directory : {"standalone/version-2", "quorum/version-2"}) {
    auto logs = list_logs(disk, fixture(directory));
    REQUIRE(logs.ok());
    for (const StoredFile& log : *logs) {
      std::string path = join_path(fixture(directory), log.name);
      auto reader = TxnLogFileReader::open(disk, path, true, kDefaultRecordBytesMax);
      REQUIRE(reader.ok());
      std::string ours = log_file_header();
      LogRecord record;
      while (reader->next(record).ok() && record.state == RecordState::kRecord) {
        CHECK(encode_again(record.txn) == record.payload);
        append_log_record(ours, record.payload);
      }
      CHECK(read_file(path).substr(0, ours.size()) == ours);
      CHECK(record.offset == ours.size());
      CHECK(*reader->zero_from(record.offset));
    }
  }
}

TEST_CASE("names of logs and snapshots, as the reference parses them") {
  CHECK(zxid_of_name("snapshot.0000080", "snapshot") == Zxid(0x80));
  CHECK(zxid_of_name("snapshot.72.tmp", "snapshot") == Zxid(0x72));
  CHECK(zxid_of_name("log.73.bak", "log") == Zxid(0x73));
  CHECK(zxid_of_name("log.AB", "log") == Zxid(0xab));
  CHECK(zxid_of_name("log.7fffffffffffffff", "log") == Zxid(INT64_MAX));
  for (const char* name : {"log.ffffffffffffffff", "log.zz", "log.", "log", "logs.1", "snapshot.1",
                           ".tmp-log.1", "log.-1", "log. 1", "log.1 "}) {
    CHECK_FALSE(zxid_of_name(name, "log").has_value());
  }
  CHECK(log_name(Zxid(0x200000001)) == "log.200000001");
}
