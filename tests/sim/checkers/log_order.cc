#include "tests/sim/checkers/log_order.h"

#include <algorithm>
#include <charconv>

#include "common/jute/record.h"
#include "server/txn/txn.h"

namespace okapi::sim {
namespace {

constexpr int32_t kMagic = 0x5A4B4C47;
constexpr size_t kFileHeaderBytes = 16;
constexpr char kRecordEnd = 'B';

uint32_t adler32(ByteView bytes) {
  constexpr size_t kBeforeOverflow = 5552;
  uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    for (char c : bytes.substr(0, kBeforeOverflow)) {
      a += static_cast<uint8_t>(c);
      b += a;
    }
    a %= 65521;
    b %= 65521;
    bytes.remove_prefix(std::min(kBeforeOverflow, bytes.size()));
  }
  return (b << 16) | a;
}

// What follows the first impossible record is no record.
Status read_file(const std::string& name, ByteView bytes, const TakeRecord& take) {
  jute::InputArchive in(bytes);
  if (in.get_int() != kMagic) return Error{ErrorKind::kCorrupt, name + ": magic"};
  bytes.remove_prefix(std::min(kFileHeaderBytes, bytes.size()));
  while (true) {
    jute::InputArchive record(bytes);
    int64_t crc = record.get_long();
    int32_t length = record.get_int();
    if (!record.ok() || length <= 0) return {};
    auto size = static_cast<size_t>(length);
    if (record.rest().size() < size + 1 || record.rest()[size] != kRecordEnd) return {};
    ByteView payload = record.rest().substr(0, size);
    if (crc != static_cast<int64_t>(adler32(payload))) return {};
    bytes = record.rest().substr(size + 1);
    OKAPI_TRY(take(name, payload));
  }
}

}  // namespace

Result<LoggedTxn> decode_logged(ByteView payload) {
  auto txn = decode_txn(payload);
  if (!txn.ok()) return txn.error();
  LoggedTxn out{.header = txn->header, .payload = std::string(payload)};
  if (auto* error = std::get_if<ErrorTxn>(&txn->body)) {
    out.is_error = true;
    out.err = static_cast<ErrorCode>(error->err);
  }
  if (txn->digest.has_value()) out.digest = static_cast<uint64_t>(txn->digest->tree_digest);
  if (auto* close = std::get_if<CloseSessionTxn>(&txn->body)) {
    for (ByteView path : close->paths.items) out.paths.emplace_back(path);
  }
  if (auto* removed = std::get_if<DeleteTxn>(&txn->body)) out.paths.emplace_back(removed->path);
  return out;
}

// The image's names are sorted as text; the files are wanted by zxid.
std::map<int64_t, std::string> files_by_zxid(const SimDisk& disk, const std::string& directory,
                                             const std::string& prefix) {
  std::map<int64_t, std::string> files;
  std::string start = directory + "/" + prefix;
  const auto& names = disk.image().names();
  for (auto at = names.lower_bound(start); at != names.end(); ++at) {
    const auto& [path, node] = *at;
    if (!path.starts_with(start)) break;
    if (node.directory()) continue;
    uint64_t zxid = 0;
    const char* end = path.data() + path.size();
    auto parsed = std::from_chars(path.data() + start.size(), end, zxid, 16);
    bool whole = parsed.ptr == end || *parsed.ptr == '.';
    if (parsed.ec == std::errc() && whole) files[static_cast<int64_t>(zxid)] = path;
  }
  return files;
}

Status read_log_records(const SimDisk& disk, const std::string& directory, const TakeRecord& take) {
  auto files = files_by_zxid(disk, directory, "log.");
  for (auto file = files.begin(); file != files.end(); ++file) {
    std::string bytes = disk.content(file->second).value_or("");
    if (bytes.size() < kFileHeaderBytes) continue;  // a crash may leave that
    auto next = std::next(file);
    auto take_own = [&](const std::string& path, ByteView payload) -> Status {
      TxnHeader header;
      jute::InputArchive in(payload);
      jute::get(in, header);
      if (next != files.end() && header.zxid.value() >= next->first) return {};
      return take(path, payload);
    };
    OKAPI_TRY(read_file(file->second, bytes, take_own));
  }
  return {};
}

Result<std::vector<LoggedTxn>> read_log_order(const SimDisk& disk, const std::string& directory) {
  std::map<int64_t, LoggedTxn> all;
  auto take = [&](const std::string& file, ByteView payload) -> Status {
    auto txn = decode_logged(payload);
    if (!txn.ok()) return Error{ErrorKind::kCorrupt, file + ": " + txn.error().text};
    auto [at, fresh] = all.try_emplace(txn->header.zxid.value(), *txn);
    if (fresh || at->second.payload == txn->payload) return {};
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: zxid {:x} twice", file, txn->header.zxid.value())};
  };
  OKAPI_TRY(read_log_records(disk, directory, take));
  std::vector<LoggedTxn> out;
  for (auto& [zxid, txn] : all) {
    if (!out.empty() && out.back().header.zxid.epoch() == txn.header.zxid.epoch() &&
        out.back().header.zxid.next() != txn.header.zxid) {
      return Error{ErrorKind::kCorrupt, fmt::format("log has a gap before zxid {:x}", zxid)};
    }
    out.push_back(std::move(txn));
  }
  return out;
}

std::string log_file_header() {
  std::string out;
  jute::OutputArchive archive(out);
  archive.put_int(kMagic);
  archive.put_int(2);
  archive.put_long(0);
  return out;
}

std::string log_record(ByteView payload) {
  std::string out;
  jute::OutputArchive archive(out);
  archive.put_long(static_cast<int64_t>(adler32(payload)));
  archive.put_int(static_cast<int32_t>(payload.size()));
  archive.put_raw(payload);
  out.push_back(kRecordEnd);
  return out;
}

}  // namespace okapi::sim
