#include "server/storage/txn_log_reader.h"

#include <catch2/catch.hpp>

#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

struct ReadBack {
  std::vector<Zxid> zxids;
  std::optional<Error> error;
  LogTail tail;
};

ReadBack read_all(Disk& disk, const std::string& directory, TxnLogReadOptions options) {
  ReadBack out;
  auto reader = TxnLogReader::open(disk, directory, options);
  if (!reader.ok()) {
    out.error = reader.error();
    return out;
  }
  LogRecord record;
  while (true) {
    auto more = reader->next(record);
    if (!more.ok()) {
      out.error = more.error();
      return out;
    }
    if (!*more) break;
    out.zxids.push_back(record.txn.header.zxid);
  }
  out.tail = reader->tail();
  return out;
}

TxnLogReadOptions from_start() {
  TxnLogReadOptions options;
  options.from = Zxid(1);
  options.after = Zxid(0);
  return options;
}

std::string small_log(int64_t first, int64_t last) {
  std::string out = log_file_header();
  for (int64_t z = first; z <= last; ++z) {
    append_log_record(out, create_txn(Zxid(z), "/n" + std::to_string(z), "data").bytes.view());
  }
  return out;
}

std::vector<Zxid> zxids(int64_t first, int64_t last) {
  std::vector<Zxid> out;
  for (int64_t z = first; z <= last; ++z) out.push_back(Zxid(z));
  return out;
}

}  // namespace

TEST_CASE("fixture logs: records, ends, and reading on from any zxid") {
  PosixDisk disk;
  std::string directory = fixture("standalone/version-2");
  struct Row {
    const char* name;
    int64_t first, last;
    uint64_t end;
  };
  for (Row row : {Row{"log.1", 1, 0x14, 2061}, Row{"log.15", 0x15, 0x1c, 934},
                  Row{"log.1d", 0x1d, 0x30, 2550}, Row{"log.31", 0x31, 0x40, 2097},
                  Row{"log.41", 0x41, 0x57, 2447}, Row{"log.58", 0x58, 0x6d, 1924},
                  Row{"log.6e", 0x6e, 0x72, 1048892}, Row{"log.73", 0x73, 0x79, 704}}) {
    auto reader =
        TxnLogFileReader::open(disk, join_path(directory, row.name), true, kDefaultRecordBytesMax);
    REQUIRE(reader.ok());
    LogRecord record;
    std::vector<Zxid> found;
    while (reader->next(record).ok() && record.state == RecordState::kRecord) {
      found.push_back(record.txn.header.zxid);
    }
    CHECK(found == zxids(row.first, row.last));
    CHECK(record.offset == row.end);
  }
  CHECK(read_all(disk, directory, from_start()).zxids == zxids(1, 0x79));
  for (int64_t from = 1; from <= 0x7b; ++from) {
    TxnLogReadOptions options;
    options.from = Zxid(from);
    options.after = Zxid(from - 1);
    auto found = read_all(disk, directory, options);
    CHECK_FALSE(found.error.has_value());
    CHECK(found.zxids == zxids(from, 0x79));
  }
}

TEST_CASE("a log may hold records of two epochs") {
  PosixDisk disk;
  TxnLogReadOptions options;
  options.after = Zxid(0);
  options.from = Zxid(1);
  auto found = read_all(disk, fixture("quorum/version-2"), options);
  CHECK_FALSE(found.error.has_value());
  CHECK(found.zxids.front() == Zxid(0x100000001));
  CHECK(found.zxids.back() == Zxid(0x200000003));
}

TEST_CASE("x_dat_01, f_dsk_06: every damaged byte of a synced log is detected or harmless") {
  ImageDisk disk;
  std::string good = small_log(1, 4) + std::string(64, '\0');
  uint64_t end = good.size() - 64;
  auto options = from_start();
  options.mark = SyncedMark{Zxid(4), Zxid(1), end};
  auto check = [&](const std::string& bytes) {
    disk.put("/d/log.1", bytes);
    auto found = read_all(disk, "/d", options);
    return found.error.has_value() || found.zxids == zxids(1, 4);
  };
  REQUIRE(check(good));
  for (size_t at = 0; at < good.size(); ++at) {
    for (int change = 0; change < 10; ++change) {
      std::string bad = good;
      bad[at] = change == 8   ? '\0'
                : change == 9 ? '\xff'
                              : static_cast<char>(bad[at] ^ (1 << change));
      INFO("offset " << at << " change " << change);
      CHECK(check(bad));
    }
  }
  for (size_t size = 0; size < good.size(); ++size) CHECK(check(good.substr(0, size)));
}

TEST_CASE("x_dat_01: without the hint damage is an error or ends the log at a whole record") {
  ImageDisk disk;
  std::string good = small_log(1, 4) + std::string(64, '\0');
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x80);
    disk.put("/d/log.1", bad);
    auto found = read_all(disk, "/d", from_start());
    CHECK((found.error || found.zxids == zxids(1, static_cast<int64_t>(found.zxids.size()))));
  }
}

TEST_CASE("f_dsk_05: damage before the hint, or far before a good record, is rot") {
  ImageDisk disk;
  auto options = from_start();
  std::string bytes = small_log(1, 9);
  uint64_t record = (bytes.size() - kFileHeaderBytes) / 9;
  bytes[kFileHeaderBytes + 5 * record + 20] ^= 1;
  disk.put("/d/log.1", bytes);

  SECTION("at or behind the hint: a torn tail") {
    options.mark = SyncedMark{Zxid(5), Zxid(1), kFileHeaderBytes + 5 * record};
    auto found = read_all(disk, "/d", options);
    CHECK_FALSE(found.error.has_value());
    CHECK(found.zxids == zxids(1, 5));
    CHECK(found.tail.torn);
    CHECK(found.tail.end == kFileHeaderBytes + 5 * record);
  }
  SECTION("before the hint") {
    options.mark = SyncedMark{Zxid(6), Zxid(1), kFileHeaderBytes + 6 * record};
    auto found = read_all(disk, "/d", options);
    REQUIRE(found.error.has_value());
    CHECK(found.error->kind == ErrorKind::kCorrupt);
    CHECK(found.error->text.find("/d/log.1") != std::string::npos);
    CHECK(found.error->text.find("offset " + std::to_string(kFileHeaderBytes + 5 * record)) !=
          std::string::npos);
  }
  SECTION("no hint: as the reference, a wrong checksum is refused") {
    CHECK(read_all(disk, "/d", options).error.has_value());
  }
  SECTION("a good record behind more than any batch") {
    options.mark = SyncedMark{Zxid(5), Zxid(1), kFileHeaderBytes + 5 * record};
    for (int64_t z = 10; z < 16; ++z) {
      append_log_record(bytes, error_txn(Zxid(z), 1'000'000).bytes.view());
    }
    disk.put("/d/log.1", bytes);
    auto found = read_all(disk, "/d", options);
    REQUIRE(found.error.has_value());
    CHECK(found.error->text.find("a good one follows") != std::string::npos);
  }
}

TEST_CASE("f_dsk_05: gaps and missing files") {
  ImageDisk disk;
  auto options = from_start();
  disk.put("/d/log.1", small_log(1, 5));
  SECTION("a gap between files") {
    disk.put("/d/log.7", small_log(7, 9));
    CHECK(read_all(disk, "/d", options).error->text.find("gap: zxid 0x7 follows 0x5") !=
          std::string::npos);
  }
  SECTION("the log ends before the hint") {
    options.mark = SyncedMark{Zxid(6), Zxid(6), 100};
    CHECK(read_all(disk, "/d", options).error->text.find("0x6 had been synced") !=
          std::string::npos);
  }
  SECTION("a new epoch that does not begin with its first record") {
    disk.put("/d/log.100000002", small_log(0x100000002, 0x100000003));
    CHECK(read_all(disk, "/d", options).error.has_value());
  }
  SECTION("a torn older file whose records the next one has") {
    std::string torn = small_log(1, 6);
    disk.put("/d/log.1", torn.substr(0, torn.size() - 10));
    disk.put("/d/log.6", small_log(6, 8));
    CHECK(read_all(disk, "/d", options).zxids == zxids(1, 8));
  }
  SECTION("two files of one zxid, a log that overlaps the next one") {
    disk.put("/d/log.1.bak", small_log(1, 5));
    disk.put("/d/log.4", small_log(4, 8));
    CHECK(read_all(disk, "/d", options).zxids == zxids(1, 8));
  }
  SECTION("zk_1621, zk_2332: a newest file shorter than its header") {
    disk.put("/d/log.6", "ZKLG");
    auto found = read_all(disk, "/d", options);
    CHECK(found.zxids == zxids(1, 5));
    CHECK(found.tail.short_file == "log.6");
    CHECK(found.tail.file == "log.1");
  }
  SECTION("an older file shorter than its header") {
    disk.put("/d/log.1", "");
    disk.put("/d/log.6", small_log(6, 8));
    CHECK(read_all(disk, "/d", options).error.has_value());
  }
}

TEST_CASE("x_dat_02: impossible records") {
  ImageDisk disk;
  auto with = [&](const std::string& bytes, bool hint) {
    disk.put("/d/log.1", bytes);
    auto options = from_start();
    if (hint) options.mark = SyncedMark{Zxid(2), Zxid(1), 0};
    return read_all(disk, "/d", options);
  };
  std::string two = small_log(1, 2);
  for (const char* length : {"\x7f\xff\xff\xff", "\xff\xff\xff\xff", "\x80\x00\x00\x00"}) {
    std::string bad = two + std::string(8, '\1') + std::string(length, 4);
    CHECK(with(bad, false).error.has_value());
    CHECK(with(bad, true).zxids == zxids(1, 2));
  }
  // Non-zero bytes behind the end mark: the reference starts, and so do we.
  CHECK(with(two + std::string(12, '\0') + "junk", false).zxids == zxids(1, 2));
  // A type nobody knows, with a right checksum, is no torn write.
  std::string unknown = two;
  append_log_record(unknown,
                    encode_txn(TxnHeader{SessionId(1), 1, Zxid(3), 1, 77}, ErrorTxn{}, std::nullopt)
                        .bytes.view());
  CHECK(with(unknown, true).error.has_value());
  CHECK(with(unknown, false).error.has_value());
  // Zxids that repeat or fall inside a file.
  CHECK(with(two + small_log(2, 2).substr(kFileHeaderBytes), true).error.has_value());
  CHECK(with(two + small_log(1, 1).substr(kFileHeaderBytes), true).error.has_value());
}

TEST_CASE("the hint: its own damage is harmless") {
  ImageDisk disk;
  disk.put("/d/x", "");
  SyncedMark mark{Zxid(0x100000007), Zxid(0x100000001), 4711};
  std::string good = encode_synced_mark(mark);
  CHECK(decode_synced_mark(good) == mark);
  CHECK_FALSE(read_synced_mark(disk, "/d")->has_value());
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      CHECK_FALSE(decode_synced_mark(bad).has_value());
    }
    CHECK_FALSE(decode_synced_mark(good.substr(0, at)).has_value());
  }
  CHECK_FALSE(hint_that_counts(mark, Zxid(0x100000008)).has_value());
  CHECK(hint_that_counts(mark, Zxid(0x100000007)) == mark);
}
