#include "tests/sim/checkers/log_order.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "common/jute/record.h"
#include "server/txn/txn.h"

namespace okapi::sim {
namespace {

constexpr int32_t kMagic = 0x5A4B4C47;
constexpr size_t kFileHeaderBytes = 16;
constexpr char kRecordEnd = 'B';

uint32_t adler32(ByteView bytes) {
  uint32_t a = 1, b = 0;
  for (char c : bytes) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return (b << 16) | a;
}

Result<LoggedTxn> decode_payload(ByteView payload) {
  auto txn = decode_txn(payload);
  if (!txn.ok()) return txn.error();
  LoggedTxn out{.header = txn->header, .payload = std::string(payload)};
  out.is_error = std::holds_alternative<ErrorTxn>(txn->body);
  if (txn->digest.has_value()) out.digest = static_cast<uint64_t>(txn->digest->tree_digest);
  if (auto* close = std::get_if<CloseSessionTxn>(&txn->body)) {
    for (ByteView path : close->paths.items) out.paths.emplace_back(path);
  }
  if (auto* removed = std::get_if<DeleteTxn>(&txn->body)) out.paths.emplace_back(removed->path);
  return out;
}

// Adds the records of one file. What follows the first impossible record is no record.
Status read_file(const std::string& name, ByteView bytes, std::map<int64_t, LoggedTxn>& all) {
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
    auto txn = decode_payload(payload);
    if (!txn.ok()) return Error{ErrorKind::kCorrupt, name + ": " + txn.error().text};
    auto [at, fresh] = all.try_emplace(txn->header.zxid.value(), *txn);
    if (!fresh && at->second.payload != txn->payload) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: zxid {:x} twice", name, txn->header.zxid.value())};
    }
  }
}

}  // namespace

Result<std::vector<LoggedTxn>> read_log_order(const SimDisk& disk, const std::string& directory) {
  std::map<int64_t, LoggedTxn> all;
  // The image's names are sorted as text; the files are wanted by zxid.
  std::map<uint64_t, std::string> files;
  std::string prefix = directory + "/log.";
  for (const auto& [path, node] : disk.image().names()) {
    if (!path.starts_with(prefix) || node.directory()) continue;
    uint64_t zxid = 0;
    const char* end = path.data() + path.size();
    auto parsed = std::from_chars(path.data() + prefix.size(), end, zxid, 16);
    if (parsed.ec == std::errc() && parsed.ptr == end) files[zxid] = path;
  }
  for (const auto& [zxid, path] : files) {
    std::string bytes = disk.content(path).value_or("");
    if (bytes.size() < kFileHeaderBytes) continue;  // a crash may leave that
    OKAPI_TRY(read_file(path, bytes, all));
  }
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
