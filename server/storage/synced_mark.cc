#include "server/storage/synced_mark.h"

#include <libdeflate.h>
#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "common/env/small_file.h"
#include "server/storage/log_files.h"

namespace okapi {
namespace {

// "zxid log offset crc\n", hexadecimal: one sector, so that a crash leaves the old or the new one.
constexpr size_t kFieldDigits = 16;
constexpr size_t kChecksumDigits = 8;
constexpr size_t kMarkBytes = 3 * (kFieldDigits + 1) + kChecksumDigits + 1;

std::optional<uint64_t> parse_hex(ByteView text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string with_checksum(std::string fields) {
  uint32_t crc = libdeflate_crc32(0, fields.data(), fields.size());
  return fields + fmt::format("{:08x}\n", crc);
}

}  // namespace

std::string encode_synced_mark(const SyncedMark& mark) {
  std::string out = with_checksum(
      fmt::format("{:016x} {:016x} {:016x} ", static_cast<uint64_t>(mark.zxid.value()),
                  static_cast<uint64_t>(mark.log.value()), mark.offset));
  OKAPI_ASSERT(out.size() == kMarkBytes);
  return out;
}

std::optional<SyncedMark> decode_synced_mark(ByteView bytes) {
  if (bytes.size() != kMarkBytes) return std::nullopt;
  ByteView fields = bytes.substr(0, 3 * (kFieldDigits + 1));
  if (with_checksum(std::string(fields)) != bytes) return std::nullopt;
  auto field = [&](size_t i) {
    return parse_hex(fields.substr(i * (kFieldDigits + 1), kFieldDigits));
  };
  auto zxid = field(0), log = field(1), offset = field(2);
  if (!zxid || !log || !offset) return std::nullopt;
  return SyncedMark{Zxid(static_cast<int64_t>(*zxid)), Zxid(static_cast<int64_t>(*log)), *offset};
}

Result<std::optional<SyncedMark>> read_synced_mark(Disk& disk, const std::string& log_directory) {
  auto bytes = read_small_file(disk, join_path(log_directory, kSyncedMarkName), 4096);
  if (!bytes.ok()) {
    if (bytes.error().kind == ErrorKind::kNotFound || bytes.error().kind == ErrorKind::kInvalid) {
      return std::optional<SyncedMark>();
    }
    return bytes.error();
  }
  return decode_synced_mark(*bytes);
}

Result<SyncedMarkFile> SyncedMarkFile::open(Disk& disk, const std::string& log_directory,
                                            const SyncedMark& mark) {
  // Replaced as a whole: whatever was in the file, no crash leaves it without a mark.
  OKAPI_TRY(replace_file(disk, log_directory, kSyncedMarkName, encode_synced_mark(mark)));
  auto file = disk.open(join_path(log_directory, kSyncedMarkName), OpenMode::kReadWrite);
  if (!file.ok()) return file.error();
  return SyncedMarkFile(std::move(*file), mark);
}

Status SyncedMarkFile::write(const SyncedMark& mark) {
  OKAPI_TRY(file_->write_at(0, encode_synced_mark(mark)));
  mark_ = mark;
  return {};
}

Status SyncedMarkFile::sync() { return file_->sync(); }

}  // namespace okapi
