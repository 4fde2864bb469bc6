#include "server/storage/purge.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"

namespace okapi {

// A snapshot counts as valid when it parses and its seals check; its nodes are not kept.
class Purge::NullSink final : public SnapshotSink {
 public:
  Status on_session(SessionId, int32_t) override { return {}; }
  Status on_acl(int64_t, const jute::Vector<AclView>&) override { return {}; }
  Status on_node(ByteView, NullableView, int64_t, const StatPersisted&) override { return {}; }
};

Purge::Purge(StorageContext context, PurgeOptions options)
    : context_(context), options_(std::move(options)), sink_(std::make_unique<NullSink>()) {
  constexpr int32_t kRetainMin = 3;
  OKAPI_ASSERT(options_.retain >= kRetainMin);
}

Purge::~Purge() = default;

Result<bool> Purge::step() {
  switch (phase_) {
    case Phase::kList:
      OKAPI_TRY(list());
      break;
    case Phase::kVerify: {
      auto enough = verify();
      if (!enough.ok()) return enough.error();
      if (*enough) OKAPI_TRY(plan());
      break;
    }
    case Phase::kRemoveSnapshots:
      OKAPI_TRY(remove_slice(snapshots_to_remove_, options_.snapshots, Phase::kRemoveLogs));
      break;
    case Phase::kRemoveLogs:
      OKAPI_TRY(remove_slice(logs_to_remove_, options_.logs, Phase::kDone));
      break;
    case Phase::kDone:
      break;
  }
  return phase_ == Phase::kDone;
}

Status Purge::list() {
  auto snapshots = list_snapshots(context_.disk, options_.snapshots);
  if (!snapshots.ok()) return snapshots.error();
  for (StoredFile& file : *snapshots) {
    auto complete = looks_complete(context_.disk, join_path(options_.snapshots, file.name));
    if (complete.ok() && *complete) candidates_.push_back(std::move(file));
  }
  phase_ = Phase::kVerify;
  return {};
}

// One slice of reading; true when enough valid snapshots are known, or all are read.
Result<bool> Purge::verify() {
  if (at_ == candidates_.size() || valid_.size() == static_cast<size_t>(options_.retain)) {
    return true;
  }
  const StoredFile& file = candidates_[at_];
  std::string path = join_path(options_.snapshots, file.name);
  if (!reader_) {
    auto reader = SnapshotFileReader::open(context_.disk, path, *sink_,
                                           {.item_bytes_max = options_.item_bytes_max});
    if (!reader.ok()) return reader.error();
    reader_.emplace(std::move(*reader));
  }
  auto done = reader_->step(options_.slice_bytes);
  if (done.ok() && !*done) return false;
  if (done.ok()) {
    valid_.push_back(file);
  } else {
    OKAPI_WARN(context_.log, "purge does not count {}", done.error().text);
  }
  reader_.reset();
  ++at_;
  return false;
}

Status Purge::plan() {
  phase_ = Phase::kDone;
  if (valid_.empty()) return {};
  Zxid least = valid_.back().zxid;
  auto snapshots = context_.disk.list(options_.snapshots);
  if (!snapshots.ok()) return snapshots.error();
  auto logs = list_logs(context_.disk, options_.logs);
  if (!logs.ok()) return logs.error();

  std::vector<StoredFile> old;
  for (DirEntry& entry : *snapshots) {
    if (entry.directory || !entry.name.starts_with("snapshot.")) continue;
    // Compat: names that do not parse count as -1 and go, too.
    Zxid zxid = zxid_of_name(entry.name, kSnapshotPrefix).value_or(Zxid(-1));
    if (zxid < least) old.push_back({zxid, std::move(entry.name), entry.size});
  }
  auto newer = [](const StoredFile& a, const StoredFile& b) { return a.zxid > b.zxid; };
  std::stable_sort(old.begin(), old.end(), newer);
  for (StoredFile& file : old) snapshots_to_remove_.push_back(std::move(file.name));

  // The newest log that begins at or before the snapshot may hold records behind it.
  size_t kept = logs_from(*logs, least.next()).size();
  for (size_t i = logs->size() - kept; i > 0; --i) {
    logs_to_remove_.push_back(std::move((*logs)[i - 1].name));
  }
  phase_ = Phase::kRemoveSnapshots;
  return {};
}

// From the oldest on, so that a crash leaves no hole.
Status Purge::remove_slice(std::vector<std::string>& names, const std::string& directory,
                           Phase next) {
  size_t count = std::min(names.size(), options_.slice_files);
  for (size_t i = 0; i < count; ++i) {
    OKAPI_TRY(context_.disk.unlink(join_path(directory, names.back())));
    OKAPI_INFO(context_.log, "Removing file: {}", join_path(directory, names.back()));
    removed_.push_back(std::move(names.back()));
    names.pop_back();
  }
  if (count > 0) OKAPI_TRY(context_.disk.sync_directory(directory));
  if (names.empty()) phase_ = next;
  return {};
}

}  // namespace okapi
