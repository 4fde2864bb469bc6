#include "server/storage/log_files.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>

#include "server/storage/txn_log_reader.h"

namespace okapi {
namespace {

Result<std::vector<StoredFile>> list_files(Disk& disk, const std::string& directory,
                                           ByteView prefix) {
  auto entries = disk.list(directory);
  if (!entries.ok()) return entries.error();
  std::vector<StoredFile> out;
  for (DirEntry& entry : *entries) {
    auto zxid = zxid_of_name(entry.name, prefix);
    if (zxid && !entry.directory) out.push_back({*zxid, std::move(entry.name), entry.size});
  }
  return out;
}

// Finds the end of what stays of one file: the last record <= `zxid`. `more`: others follow it.
Result<LogEnd> find_end(Disk& disk, const std::string& directory, const StoredFile& log, Zxid zxid,
                        bool& more) {
  auto reader =
      TxnLogFileReader::open(disk, join_path(directory, log.name), false, kDefaultRecordBytesMax);
  if (!reader.ok()) return reader.error();
  LogEnd end{Zxid(), log.zxid, kFileHeaderBytes};
  LogRecord record;
  while (true) {
    OKAPI_TRY(reader->next(record));
    more = record.state == RecordState::kRecord;
    if (!more || record.txn.header.zxid > zxid) return end;
    end.last = record.txn.header.zxid;
    end.offset = record.end;
  }
}

}  // namespace

std::optional<Zxid> zxid_of_name(ByteView name, ByteView prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (!name.starts_with('.')) return std::nullopt;
  name.remove_prefix(1);
  ByteView hex = name.substr(0, name.find('.'));
  if (hex.starts_with('+')) hex.remove_prefix(1);
  // Negative numbers parse in the reference, but lie below every zxid there is: of no use.
  int64_t value = 0;
  auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (hex.empty() || error != std::errc() || end != hex.data() + hex.size() || value < 0) {
    return std::nullopt;
  }
  return Zxid(value);
}

std::string log_name(Zxid first) {
  return fmt::format("{}.{:x}", kLogPrefix, static_cast<uint64_t>(first.value()));
}

std::string join_path(const std::string& directory, ByteView name) {
  return fmt::format("{}/{}", directory, name);
}

Result<std::vector<StoredFile>> list_logs(Disk& disk, const std::string& directory) {
  auto logs = list_files(disk, directory, kLogPrefix);
  if (logs.ok()) {
    std::stable_sort(logs->begin(), logs->end(),
                     [](const StoredFile& a, const StoredFile& b) { return a.zxid < b.zxid; });
  }
  return logs;
}

Result<std::vector<StoredFile>> list_snapshots(Disk& disk, const std::string& directory) {
  auto snapshots = list_files(disk, directory, kSnapshotPrefix);
  if (snapshots.ok()) {
    std::stable_sort(snapshots->begin(), snapshots->end(),
                     [](const StoredFile& a, const StoredFile& b) { return a.zxid > b.zxid; });
  }
  return snapshots;
}

std::vector<StoredFile> logs_from(const std::vector<StoredFile>& logs, Zxid zxid) {
  auto first = std::find_if(logs.begin(), logs.end(),
                            [&](const StoredFile& log) { return log.zxid >= zxid; });
  if (first != logs.begin()) {
    Zxid before = (first - 1)->zxid;
    while (first != logs.begin() && (first - 1)->zxid == before) --first;
  }
  return {first, logs.end()};
}

Result<LogEnd> truncate_logs_after(Disk& disk, const std::string& directory, Zxid zxid) {
  auto logs = list_logs(disk, directory);
  if (!logs.ok()) return logs.error();
  size_t keep = 0;
  while (keep < logs->size() && (*logs)[keep].zxid <= zxid) ++keep;
  LogEnd end;
  bool more = false;
  if (keep > 0) {
    auto found = find_end(disk, directory, (*logs)[keep - 1], zxid, more);
    if (!found.ok()) return found.error();
    end = *found;
  }
  more = more || keep < logs->size();
  if (!more && end.last < zxid) {
    return Error{
        ErrorKind::kNotFound,
        fmt::format("No log files found to truncate! {} ends at zxid 0x{:x}, not at 0x{:x}",
                    directory, end.last.value(), zxid.value())};
  }
  for (size_t i = logs->size(); i > keep; --i) {
    OKAPI_TRY(disk.unlink(join_path(directory, (*logs)[i - 1].name)));
    OKAPI_TRY(disk.sync_directory(directory));
  }
  if (keep == 0) return end;
  auto file = disk.open(join_path(directory, (*logs)[keep - 1].name), OpenMode::kReadWrite);
  if (!file.ok()) return file.error();
  OKAPI_TRY((*file)->truncate(end.offset));
  OKAPI_TRY((*file)->sync());
  return end;
}

}  // namespace okapi
