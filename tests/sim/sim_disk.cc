#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"
#include "tests/sim/sim_file.h"

namespace okapi::sim {

SimDisk::SimDisk(SimWorld& world, CostMeter& meter, std::string node)
    : world_(world), meter_(meter), node_(std::move(node)) {}

SimDisk::~SimDisk() = default;

Error SimDisk::no_such(const std::string& path) const {
  return Error{ErrorKind::kNotFound, path + ": No such file or directory"};
}

Error SimDisk::dead() { return Error{ErrorKind::kIo, "disk call of a dead program"}; }

Nanos SimDisk::sync_price(const std::string& path) {
  Rng& dice = world_.rng();
  auto draw = [&](Nanos span) {
    return Nanos(static_cast<int64_t>(dice.below(static_cast<uint64_t>(span.count()) + 1)));
  };
  Nanos price = prices_.sync_min + draw(prices_.sync_max - prices_.sync_min);
  if (hit(faults_.slow_sync_one_in, path)) price += draw(faults_.slow_sync_max);
  return price;
}

bool SimDisk::fits(uint64_t more_bytes) {
  return more_bytes == 0 || image_.used_bytes() + more_bytes <= capacity_;
}

// The journal.

void SimDisk::begin_call(MonoTime& object_done) {
  ++calls_;
  meter_.wait_until(object_done);
  while (!journal_.empty() && journal_.front().done <= world_.now()) journal_.pop_front();
}

MonoTime SimDisk::end_call(MonoTime begun, MonoTime& object_done, Nanos price, Undo undo) {
  meter_.spend(price);
  object_done = meter_.now();
  if (undo) journal_.push_back({begun, meter_.now(), std::move(undo)});
  return meter_.now();
}

void SimDisk::name_call(Nanos price, Undo undo) {
  MonoTime begun = meter_.now();
  end_call(begun, names_done_, price, std::move(undo));
}

void SimDisk::take_back_unfinished() {
  Rng& dice = world_.rng();
  MonoTime now = world_.now();
  size_t taken = 0;
  for (auto call = journal_.rbegin(); call != journal_.rend(); ++call) {
    if (call->done <= now) continue;
    // The call under way at this hour may have had its effect already.
    if (call->begins <= now && dice.chance(1, 2)) continue;
    call->undo();
    ++taken;
  }
  journal_.clear();
  for (auto& [path, node] : image_.names()) {
    if (!node.directory()) node.file->done = MonoTime{};
  }
  running_ = false;
  names_done_ = MonoTime{};
  locks_.clear();
  ++program_;
  world_.trace().line(now, node_, "disk takes back {} calls", taken);
}

void SimDisk::program_killed() {
  take_back_unfinished();
  image_.lose_program(world_.rng());
}

void SimDisk::power_lost() {
  take_back_unfinished();
  image_.lose_power(world_.rng());
}

// Names.

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  if (!running_) return dead();
  begin_call(names_done_);
  const DiskNode* node = image_.find(path);
  if (node != nullptr && node->directory()) {
    name_call(prices_.name_call, {});
    return Error{ErrorKind::kIo, path + ": Is a directory"};
  }
  if (mode != OpenMode::kCreate) {
    name_call(prices_.name_call, {});
    if (node == nullptr) return no_such(path);
    return std::unique_ptr<File>(new SimFile(*this, path, node->file, mode));
  }
  if (image_.find(directory_of(path)) == nullptr) return no_such(path);
  if (!fits(1) || hit(faults_.write_no_space_one_in, path)) {
    return Error{ErrorKind::kNoSpace, path + ": No space left on device"};
  }
  world_.trace().line(meter_.now(), node_, "disk create {}", path);
  if (node != nullptr) {
    auto file = node->file;
    MonoTime& done = file->done;
    meter_.wait_until(done);
    MonoTime begun = meter_.now();
    end_call(begun, done, prices_.name_call, DiskImage::truncate(file, 0));
    tell(DiskCall::Kind::kTruncate, path);
    return std::unique_ptr<File>(new SimFile(*this, path, file, mode));
  }
  auto file = std::make_shared<Inode>();
  name_call(prices_.name_call, image_.set_name(path, DiskNode{file}));
  tell(DiskCall::Kind::kCreate, path);
  return std::unique_ptr<File>(new SimFile(*this, path, file, mode));
}

Result<std::vector<DirEntry>> SimDisk::list(const std::string& directory) {
  if (!running_) return dead();
  begin_call(names_done_);
  name_call(prices_.name_call, {});
  const DiskNode* node = image_.find(directory);
  if (node == nullptr) return no_such(directory);
  if (!node->directory()) return Error{ErrorKind::kIo, directory + ": Not a directory"};
  std::vector<DirEntry> out;
  for (const auto& [path, entry] : image_.names()) {
    if (path == "/" || directory_of(path) != directory) continue;
    out.push_back({.name = path.substr(path.rfind('/') + 1),
                   .size = entry.directory() ? 0 : entry.file->cache.size(),
                   .directory = entry.directory()});
  }
  return out;
}

Result<bool> SimDisk::exists(const std::string& path) {
  if (!running_) return dead();
  begin_call(names_done_);
  name_call(prices_.name_call, {});
  return image_.find(path) != nullptr;
}

Status SimDisk::make_directory(const std::string& path) {
  const DiskNode* node = image_.find(path);
  if (node != nullptr) {
    if (node->directory()) return {};
    return Error{ErrorKind::kExists, path + ": File exists"};
  }
  if (Status parent = make_directory(directory_of(path)); !parent.ok()) return parent;
  name_call(prices_.name_call, image_.set_name(path, DiskNode{}));
  return {};
}

Status SimDisk::make_directories(const std::string& path) {
  if (!running_) return {};
  OKAPI_ASSERT(!path.empty() && path.front() == '/');
  begin_call(names_done_);
  world_.trace().line(meter_.now(), node_, "disk mkdir {}", path);
  return make_directory(path);
}

Status SimDisk::rename(const std::string& from, const std::string& to) {
  if (!running_) return {};
  begin_call(names_done_);
  if (image_.find(from) == nullptr) return no_such(from);
  if (image_.find(directory_of(to)) == nullptr) return no_such(to);
  if (hit(faults_.rename_eio_one_in, to)) {
    world_.trace().line(meter_.now(), node_, "disk EIO in rename to {}", to);
    return Error{ErrorKind::kIo, to + ": Input/output error"};
  }
  world_.trace().line(meter_.now(), node_, "disk rename {} {}", from, to);
  name_call(prices_.name_call, image_.rename(from, to));
  tell(DiskCall::Kind::kRename, to);
  return {};
}

Status SimDisk::unlink(const std::string& path) {
  if (!running_) return {};
  begin_call(names_done_);
  const DiskNode* node = image_.find(path);
  if (node == nullptr) return no_such(path);
  world_.trace().line(meter_.now(), node_, "disk unlink {}", path);
  name_call(prices_.name_call, image_.set_name(path, std::nullopt));
  tell(DiskCall::Kind::kUnlink, path);
  return {};
}

Status SimDisk::sync_directory(const std::string& directory) {
  if (!running_) return {};
  begin_call(names_done_);
  if (image_.find(directory) == nullptr) return no_such(directory);
  ++syncs_;
  if (hit(faults_.sync_eio_one_in, directory)) {
    world_.trace().line(meter_.now(), node_, "disk EIO in sync of {}", directory);
    name_call(sync_price(directory), {});
    return Error{ErrorKind::kIo, directory + ": Input/output error"};
  }
  world_.trace().line(meter_.now(), node_, "disk sync directory {}", directory);
  name_call(sync_price(directory), image_.sync_names(directory));
  tell(DiskCall::Kind::kSyncDirectory, directory);
  return {};
}

bool SimDisk::writable(const std::string& directory) {
  const DiskNode* node = image_.find(directory);
  return node != nullptr && node->directory();
}

Result<uint64_t> SimDisk::free_bytes(const std::string&) {
  uint64_t used = image_.used_bytes();
  return used >= capacity_ ? 0 : capacity_ - used;
}

Result<std::unique_ptr<FileLock>> SimDisk::lock(const std::string& path, ByteView text) {
  if (locks_.contains(path)) {
    return Error{ErrorKind::kBusy, path + ": held by " + content(path).value_or("")};
  }
  Result<std::unique_ptr<File>> file = open(path, OpenMode::kCreate);
  if (!file.ok()) return file.error();
  OKAPI_TRY((*file)->write_at(0, text));
  locks_.insert(path);
  return std::unique_ptr<FileLock>(new SimFileLock(*this, path));
}

// From outside.

std::optional<std::string> SimDisk::content(const std::string& path) const {
  const DiskNode* node = image_.find(path);
  if (node == nullptr || node->directory()) return std::nullopt;
  return node->file->cache;
}

void SimDisk::make_durable_directory(const std::string& path) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    std::string directory = path.substr(0, at);
    if (image_.find(directory) == nullptr) image_.set_name(directory, DiskNode{});
    if (at == std::string::npos) break;
  }
  image_.sync_all();
}

void SimDisk::put_file(const std::string& path, ByteView content) {
  make_durable_directory(directory_of(path));
  auto file = std::make_shared<Inode>();
  file->cache = content;
  image_.set_name(path, DiskNode{std::move(file)});
  image_.sync_all();
}

void SimDisk::replace() {
  OKAPI_ASSERT(!running_);
  world_.trace().line(world_.now(), node_, "disk replaced");
  image_ = DiskImage();
  journal_.clear();
  locks_.clear();
}

bool SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  const DiskNode* node = image_.find(path);
  if (node == nullptr || node->directory() || offset >= node->file->cache.size()) return false;
  DiskImage::rot(*node->file, offset, bit);
  world_.trace().line(world_.now(), node_, "disk rot {} at {} bit {}", path, offset, bit);
  return true;
}

}  // namespace okapi::sim
