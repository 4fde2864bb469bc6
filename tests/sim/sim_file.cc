#include "tests/sim/sim_file.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi::sim {

Nanos SimFile::price_of(Nanos call, size_t bytes) const {
  return call + disk_.prices_.per_kilobyte * static_cast<int64_t>(bytes / 1024);
}

Status SimFile::write_at(uint64_t offset, ByteView bytes) {
  if (!alive()) return {};
  OKAPI_ASSERT(writable_);
  MonoTime& done = inode_->done;
  disk_.begin_call(done);
  MonoTime begun = disk_.meter_.now();
  uint64_t end = offset + bytes.size();
  uint64_t growth = end > inode_->cache.size() ? end - inode_->cache.size() : 0;
  bool full = !disk_.fits(growth) || disk_.hit(disk_.faults_.write_no_space_one_in, path_);
  if (full || disk_.hit(disk_.faults_.write_eio_one_in, path_)) {
    disk_.world_.trace().line(disk_.meter_.now(), disk_.node_, "disk {} in write of {}",
                              full ? "ENOSPC" : "EIO", path_);
    if (Status some = write_short(offset, bytes); !some.ok()) return some;
    if (full) return Error{ErrorKind::kNoSpace, path_ + ": No space left on device"};
    return io_error();
  }
  disk_.world_.trace().line(disk_.meter_.now(), disk_.node_, "disk write {} {}+{}", path_, offset,
                            bytes.size());
  disk_.end_call(begun, done, price_of(disk_.prices_.write_call, bytes.size()),
                 DiskImage::write(inode_, offset, bytes));
  disk_.tell(DiskCall::Kind::kWrite, path_);
  return {};
}

// A failing write may have written a part.
Status SimFile::write_short(uint64_t offset, ByteView bytes) {
  MonoTime& done = inode_->done;
  MonoTime begun = disk_.meter_.now();
  ByteView part = bytes.substr(0, disk_.world_.rng().below(bytes.size() + 1));
  uint64_t end = offset + part.size();
  if (end > inode_->cache.size() && !disk_.fits(end - inode_->cache.size())) part = {};
  disk_.end_call(begun, done, disk_.prices_.write_call, DiskImage::write(inode_, offset, part));
  return {};
}

Status SimFile::read_at(uint64_t offset, size_t size, std::string& out) {
  if (!alive()) return io_error();
  MonoTime& done = inode_->done;
  disk_.begin_call(done);
  MonoTime begun = disk_.meter_.now();
  disk_.end_call(begun, done, price_of(disk_.prices_.read_call, size), {});
  if (disk_.hit(disk_.faults_.read_eio_one_in, path_)) {
    disk_.world_.trace().line(disk_.meter_.now(), disk_.node_, "disk EIO in read of {}", path_);
    return io_error();
  }
  if (offset < inode_->cache.size()) out.append(inode_->cache, offset, size);
  return {};
}

Status SimFile::sync() {
  if (!alive()) return {};
  MonoTime& done = inode_->done;
  disk_.begin_call(done);
  MonoTime begun = disk_.meter_.now();
  ++disk_.syncs_;
  bool failed = disk_.hit(disk_.faults_.sync_eio_one_in, path_);
  disk_.world_.trace().line(begun, disk_.node_, "disk {} {} ({} sectors)",
                            failed ? "EIO in sync of" : "sync", path_, inode_->unsynced.size());
  disk_.end_call(
      begun, done, disk_.sync_price(path_),
      failed ? DiskImage::fail_sync(inode_, disk_.world_.rng()) : DiskImage::sync(inode_));
  if (failed) return io_error();
  disk_.tell(DiskCall::Kind::kSync, path_);
  return {};
}

Status SimFile::truncate(uint64_t size) {
  if (!alive()) return {};
  OKAPI_ASSERT(writable_);
  MonoTime& done = inode_->done;
  disk_.begin_call(done);
  MonoTime begun = disk_.meter_.now();
  if (size > inode_->cache.size() && !disk_.fits(size - inode_->cache.size())) {
    return Error{ErrorKind::kNoSpace, path_ + ": No space left on device"};
  }
  disk_.world_.trace().line(begun, disk_.node_, "disk truncate {} to {}", path_, size);
  disk_.end_call(begun, done, disk_.prices_.name_call, DiskImage::truncate(inode_, size));
  disk_.tell(DiskCall::Kind::kTruncate, path_);
  return {};
}

Result<uint64_t> SimFile::size() {
  if (!alive()) return io_error();
  disk_.begin_call(inode_->done);
  return uint64_t{inode_->cache.size()};
}

}  // namespace okapi::sim
