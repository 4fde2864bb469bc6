#include "server/storage/data_dir.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"
#include "common/env/small_file.h"
#include "server/storage/log_files.h"

namespace okapi {
namespace {

// A directory whose name is not synced goes with a power loss, and all that was acknowledged in it.
Status make_durable_directories(Disk& disk, const std::string& path) {
  std::vector<std::string> parents;  // of what is missing, the deepest first
  for (std::string at = path;;) {
    auto there = disk.exists(at);
    if (!there.ok()) return there.error();
    if (*there) break;
    size_t slash = at.rfind('/');
    std::string parent = ".";
    if (slash != std::string::npos) parent = slash == 0 ? "/" : at.substr(0, slash);
    parents.push_back(parent);
    at = std::move(parent);
  }
  OKAPI_TRY(disk.make_directories(path));
  for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) {
    OKAPI_TRY(disk.sync_directory(*parent));
  }
  return {};
}

constexpr size_t kSmallFileBytesMax = 4096;

Error unusable(std::string text) { return {ErrorKind::kDenied, std::move(text)}; }

// The three checks of one directory; `kind` is "data" or "snap", as the reference says it.
Status check_directory(Disk& disk, const std::string& path, const char* kind, bool autocreate) {
  auto there = disk.exists(path);
  if (!there.ok()) return unusable(there.error().text);
  if (!*there) {
    if (!autocreate) {
      return unusable(fmt::format(
          "Missing {} directory {}, automatic data directory creation is disabled "
          "(zookeeper.datadir.autocreate is false). Please create this directory manually.",
          kind, path));
    }
    if (auto made = make_durable_directories(disk, path); !made.ok()) {
      return unusable(
          fmt::format("Unable to create {} directory {}: {}", kind, path, made.error().text));
    }
  }
  if (!disk.writable(path)) {
    return unusable(fmt::format("Cannot write to {} directory {}", kind, path));
  }
  return {};
}

Result<bool> has_name_starting(Disk& disk, const std::string& directory, ByteView prefix) {
  auto entries = disk.list(directory);
  if (!entries.ok()) return unusable(entries.error().text);
  return std::any_of(entries->begin(), entries->end(),
                     [&](const DirEntry& entry) { return entry.name.starts_with(prefix); });
}

}  // namespace

int exit_code_for(const Error& data_dir_error) {
  constexpr int kInvalidInvocation = 2;
  constexpr int kDataDirUnusable = 3;
  return data_dir_error.kind == ErrorKind::kInvalid ? kInvalidInvocation : kDataDirUnusable;
}

DataDir::DataDir(StorageContext context, DataDirOptions options)
    : context_(context),
      options_(std::move(options)),
      snapshots_(join_path(options_.data_dir, kVersionDirectory)),
      logs_(join_path(options_.data_log_dir, kVersionDirectory)) {}

Result<DataDir> DataDir::open(StorageContext context, DataDirOptions options) {
  DataDir out(context, std::move(options));
  OKAPI_TRY(out.check_directories());
  OKAPI_TRY(out.check_contents());
  OKAPI_TRY(out.take_locks());
  OKAPI_TRY(out.check_sid());
  OKAPI_TRY(out.remove_temporary_files());
  return out;
}

Status DataDir::check_directories() {
  OKAPI_TRY(check_directory(context_.disk, logs_, "data", options_.autocreate));
  return check_directory(context_.disk, snapshots_, "snap", options_.autocreate);
}

// Compat: the paths are compared as strings, links are not resolved.
Status DataDir::check_contents() {
  if (logs_ == snapshots_) return {};
  auto in_logs = has_name_starting(context_.disk, logs_, "snapshot.");
  if (!in_logs.ok()) return in_logs.error();
  if (*in_logs) {
    return unusable(
        "Log directory has snapshot files. Check if dataLogDir and dataDir configuration is "
        "correct.");
  }
  auto in_snapshots = has_name_starting(context_.disk, snapshots_, "log.");
  if (!in_snapshots.ok()) return in_snapshots.error();
  if (*in_snapshots) {
    return unusable(
        "Snapshot directory has log files. Check if dataLogDir and dataDir configuration is "
        "correct.");
  }
  return {};
}

Status DataDir::take_locks() {
  std::vector<std::string> directories = {snapshots_};
  if (logs_ != snapshots_) directories.push_back(logs_);
  for (const std::string& directory : directories) {
    auto lock = context_.disk.lock(join_path(directory, kLockName), options_.pid);
    if (!lock.ok()) return unusable(lock.error().text);
    locks_.push_back(std::move(*lock));
  }
  return {};
}

Status DataDir::check_sid() {
  if (!options_.sid) return {};
  std::string own = fmt::format("{}", options_.sid->value());
  std::string path = join_path(snapshots_, kSidName);
  auto there = read_small_file(context_.disk, path, kSmallFileBytesMax);
  if (there.ok() && *there == own) return {};
  if (there.ok() && !options_.adopt_data) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} says that server {} wrote this data, but myid is {}. Start with "
                             "--adopt-data if it is meant to change hands.",
                             path, printable(*there), own)};
  }
  if (!there.ok() && there.error().kind != ErrorKind::kNotFound) {
    return unusable(there.error().text);
  }
  auto written = replace_file(context_.disk, snapshots_, kSidName, own);
  return written.ok() ? Status() : unusable(written.error().text);
}

// What a crash left half made.
Status DataDir::remove_temporary_files() {
  std::vector<std::string> directories = {snapshots_};
  if (logs_ != snapshots_) directories.push_back(logs_);
  for (const std::string& directory : directories) {
    auto entries = context_.disk.list(directory);
    if (!entries.ok()) return unusable(entries.error().text);
    for (const DirEntry& entry : *entries) {
      if (entry.directory || !entry.name.starts_with(kTempPrefix)) continue;
      auto removed = context_.disk.unlink(join_path(directory, entry.name));
      if (!removed.ok()) return unusable(removed.error().text);
    }
  }
  return {};
}

Result<bool> DataDir::has_initialize_marker() {
  for (const std::string* root : {&options_.data_log_dir, &options_.data_dir}) {
    auto there = context_.disk.exists(join_path(*root, kInitializeName));
    if (!there.ok()) return there.error();
    if (*there) return true;
  }
  return false;
}

Status DataDir::remove_initialize_marker() {
  for (const std::string* root : {&options_.data_log_dir, &options_.data_dir}) {
    std::string path = join_path(*root, kInitializeName);
    auto there = context_.disk.exists(path);
    if (!there.ok()) return there.error();
    if (!*there) continue;
    OKAPI_TRY(context_.disk.unlink(path));
    OKAPI_TRY(context_.disk.sync_directory(*root));
  }
  return {};
}

Result<std::string> DataDir::quarantine_in(const std::string& root, std::string& made) {
  if (!made.empty()) return made;
  std::string path = join_path(root, fmt::format("quarantine-{}", context_.clock.wall().ms));
  OKAPI_TRY(context_.disk.make_directories(path));
  OKAPI_TRY(context_.disk.sync_directory(root));
  made = path;
  return path;
}

Result<std::string> DataDir::log_quarantine() {
  return quarantine_in(options_.data_log_dir, log_quarantine_);
}

Result<std::string> DataDir::snapshot_quarantine() {
  return quarantine_in(options_.data_dir, snapshot_quarantine_);
}

Status DataDir::set_aside_log(const std::string& name) {
  auto to = log_quarantine();
  return to.ok() ? set_aside(logs_, *to, name) : Status(to.error());
}

Status DataDir::set_aside_snapshot(const std::string& name) {
  auto to = snapshot_quarantine();
  return to.ok() ? set_aside(snapshots_, *to, name) : Status(to.error());
}

Status DataDir::set_aside(const std::string& from_directory, const std::string& to_directory,
                          const std::string& name) {
  std::string to = join_path(to_directory, name);
  for (int i = 1;; ++i) {
    auto taken = context_.disk.exists(to);
    if (!taken.ok()) return taken.error();
    if (!*taken) break;
    to = join_path(to_directory, fmt::format("{}.{}", name, i));
  }
  OKAPI_TRY(context_.disk.rename(join_path(from_directory, name), to));
  OKAPI_TRY(context_.disk.sync_directory(to_directory));
  OKAPI_TRY(context_.disk.sync_directory(from_directory));
  OKAPI_WARN(context_.log, "set aside {} as {}", join_path(from_directory, name), to);
  return {};
}

}  // namespace okapi
