#include "tests/sim/disk_image.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi::sim {

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

DiskImage::DiskImage() { cache_["/"] = platter_["/"] = DiskNode{}; }

const DiskNode* DiskImage::find(const std::string& path) const {
  auto found = cache_.find(path);
  return found == cache_.end() ? nullptr : &found->second;
}

uint64_t DiskImage::used_bytes() const {
  uint64_t sum = 0;
  for (const auto& [path, node] : cache_) {
    if (!node.directory()) sum += node.file->cache.size();
  }
  return sum;
}

// Names.

void DiskImage::put(std::map<std::string, DiskNode>& names, const std::string& path,
                    const std::optional<DiskNode>& node) {
  if (node.has_value()) {
    names[path] = *node;
  } else {
    names.erase(path);
  }
}

Undo DiskImage::commit(NameOp op) {
  for (const Change& change : op) put(cache_, change.path, change.after);
  uint64_t number = next_op_++;
  pending_.push_back({number, op});
  return [this, number, op = std::move(op)] {
    for (auto change = op.rbegin(); change != op.rend(); ++change) {
      put(cache_, change->path, change->before);
    }
    std::erase_if(pending_, [&](const PendingOp& one) { return one.number == number; });
  };
}

Undo DiskImage::set_name(const std::string& path, std::optional<DiskNode> now) {
  const DiskNode* before = find(path);
  Change change{path, std::nullopt, std::move(now)};
  if (before != nullptr) change.before = *before;
  return commit({std::move(change)});
}

Undo DiskImage::rename(const std::string& from, const std::string& to) {
  NameOp op;
  auto move = [&](const std::string& a, const std::string& b, const DiskNode& node) {
    op.push_back({a, node, std::nullopt});
    const DiskNode* before = find(b);
    op.push_back({b, before == nullptr ? std::nullopt : std::optional(*before), node});
  };
  const DiskNode* node = find(from);
  OKAPI_ASSERT(node != nullptr);
  move(from, to, *node);
  std::string below = from + "/";
  for (auto at = cache_.lower_bound(below); at != cache_.end() && at->first.starts_with(below);
       ++at) {
    move(at->first, to + "/" + at->first.substr(below.size()), at->second);
  }
  return commit(std::move(op));
}

Undo DiskImage::sync_names(const std::string& directory) {
  auto platter_before = platter_;
  auto pending_before = pending_;
  std::erase_if(pending_, [&](const PendingOp& op) {
    bool ours = std::any_of(op.changes.begin(), op.changes.end(), [&](const Change& change) {
      return directory_of(change.path) == directory;
    });
    if (!ours) return false;
    for (const Change& change : op.changes) put(platter_, change.path, change.after);
    return true;
  });
  return [this, platter = std::move(platter_before), pending = std::move(pending_before)] {
    platter_ = platter;
    pending_ = pending;
  };
}

void DiskImage::lose_names(Rng& dice) {
  // A journalling file system loses the newest changes, others any of them.
  bool in_order = dice.chance(1, 2);
  size_t kept = dice.below(pending_.size() + 1);
  for (size_t i = 0; i < pending_.size(); ++i) {
    bool keep = in_order ? i < kept : dice.chance(1, 2);
    if (!keep) continue;
    for (const Change& change : pending_[i].changes) put(platter_, change.path, change.after);
  }
  pending_.clear();
  // What lies in a directory that is not there is not there.
  for (auto at = platter_.begin(); at != platter_.end();) {
    bool orphan = at->first != "/" && !platter_.contains(directory_of(at->first));
    at = orphan ? platter_.erase(at) : std::next(at);
  }
  cache_ = platter_;
}

// Contents.

std::string DiskImage::cached_sector(const Inode& file, uint64_t sector) {
  size_t from = sector * kSectorBytes;
  if (from >= file.cache.size()) return {};
  return file.cache.substr(from, kSectorBytes);
}

// Before the cache changes in sectors first…last: remembers what the platter has there.
void DiskImage::touch(Inode& file, uint64_t first, uint64_t last) {
  for (uint64_t sector = first; sector <= last; ++sector) {
    auto found = file.unsynced.find(sector);
    if (found != file.unsynced.end()) {
      found->second.believed = false;
    } else {
      file.unsynced[sector] = {cached_sector(file, sector), false};
    }
  }
}

Undo DiskImage::write(const std::shared_ptr<Inode>& file, uint64_t offset, ByteView bytes) {
  if (bytes.empty()) return [] {};
  uint64_t end = offset + bytes.size();
  size_t old_size = file->cache.size();
  uint64_t from = std::min<uint64_t>(offset, old_size);  // a gap is zeros, new ones
  std::string old_bytes = file->cache.substr(from, end - from);
  uint64_t first = from / kSectorBytes;
  uint64_t last = (end - 1) / kSectorBytes;
  std::map<uint64_t, UnsyncedSector> before(file->unsynced.lower_bound(first),
                                            file->unsynced.upper_bound(last));
  touch(*file, first, last);
  if (end > old_size) file->cache.resize(end, '\0');
  file->cache.replace(offset, bytes.size(), bytes);
  return [file, old_size, from, old_bytes = std::move(old_bytes), first, last,
          before = std::move(before)] {
    file->cache.resize(old_size);
    file->cache.replace(from, old_bytes.size(), old_bytes);
    file->unsynced.erase(file->unsynced.lower_bound(first), file->unsynced.upper_bound(last));
    file->unsynced.insert(before.begin(), before.end());
  };
}

Undo DiskImage::truncate(const std::shared_ptr<Inode>& file, uint64_t size) {
  auto before = std::make_shared<Inode>(*file);
  uint64_t low = std::min<uint64_t>(size, file->cache.size());
  uint64_t high = std::max<uint64_t>(size, file->cache.size());
  if (high > low) touch(*file, low / kSectorBytes, (high - 1) / kSectorBytes);
  file->cache.resize(size, '\0');
  return [file, before] { *file = *before; };
}

Undo DiskImage::sync(const std::shared_ptr<Inode>& file) {
  auto before = std::make_shared<std::map<uint64_t, UnsyncedSector>>();
  uint64_t size_before = file->platter_size;
  before->swap(file->unsynced);
  // What an earlier failed sync dropped is clean for the cache, and so it is not written now.
  for (const auto& [number, sector] : *before) {
    if (sector.believed) file->unsynced[number] = sector;
  }
  file->platter_size = file->cache.size();
  return [file, before, size_before] {
    file->unsynced = *before;
    file->platter_size = size_before;
  };
}

Undo DiskImage::fail_sync(const std::shared_ptr<Inode>& file, Rng& dice) {
  auto before = std::make_shared<Inode>(*file);
  for (auto at = file->unsynced.begin(); at != file->unsynced.end();) {
    bool written = !at->second.believed && dice.chance(1, 2);
    at->second.believed = true;
    at = written ? file->unsynced.erase(at) : std::next(at);
  }
  if (dice.chance(1, 2)) file->platter_size = file->cache.size();
  return [file, before] { *file = *before; };
}

void DiskImage::rot(Inode& file, uint64_t offset, int bit) {
  auto turn = [&](char& c) { c = static_cast<char>(c ^ (1 << bit)); };
  if (offset < file.cache.size()) turn(file.cache[offset]);
  auto found = file.unsynced.find(offset / kSectorBytes);
  if (found == file.unsynced.end()) return;
  size_t at = offset % kSectorBytes;
  if (at < found->second.platter.size()) turn(found->second.platter[at]);
}

void DiskImage::lose_contents(Inode& file, Rng& dice) {
  uint64_t cached = file.cache.size();
  uint64_t size = file.platter_size;
  if (size != cached) {
    switch (dice.below(3)) {
      case 0:
        size = cached;
        break;
      case 1: {
        uint64_t low = std::min(size, cached);
        uint64_t sectors = (std::max(size, cached) - low) / kSectorBytes;
        size = low + dice.below(sectors + 1) * kSectorBytes;
        break;
      }
      default:
        break;
    }
  }
  // One way for the whole file: nothing of it, all, up to a point, or each sector for itself.
  uint64_t way = dice.below(5);
  uint64_t border = dice.below(cached / kSectorBytes + 2);
  std::string left = file.cache;
  left.resize(size, '\0');
  for (auto& [number, sector] : file.unsynced) {
    bool survives = way == 0   ? false
                    : way == 1 ? true
                    : way == 2 ? number < border
                               : dice.chance(1, 2);
    uint64_t at = number * kSectorBytes;
    bool gone_from_cache = at >= cached;
    if ((survives && !sector.believed && !gone_from_cache) || at >= size) continue;
    std::string platter = sector.platter;
    platter.resize(kSectorBytes, '\0');
    size_t room = std::min<uint64_t>(kSectorBytes, size - at);
    left.replace(at, room, platter, 0, room);
  }
  file.cache = std::move(left);
  file.platter_size = size;
  file.unsynced.clear();
}

void DiskImage::lose_power(Rng& dice) {
  lose_names(dice);
  for (auto& [path, node] : cache_) {
    if (!node.directory()) lose_contents(*node.file, dice);
  }
}

void DiskImage::lose_program(Rng& dice) {
  for (auto& [path, node] : cache_) {
    if (node.directory()) continue;
    Inode& file = *node.file;
    for (auto at = file.unsynced.begin(); at != file.unsynced.end();) {
      bool evicted = at->second.believed && dice.chance(1, 2);
      uint64_t offset = at->first * kSectorBytes;
      if (evicted && offset < file.cache.size()) {
        std::string platter = at->second.platter;
        size_t room = std::min(kSectorBytes, file.cache.size() - offset);
        platter.resize(kSectorBytes, '\0');
        file.cache.replace(offset, room, platter, 0, room);
      }
      at = evicted ? file.unsynced.erase(at) : std::next(at);
    }
  }
}

void DiskImage::sync_all() {
  pending_.clear();
  platter_ = cache_;
  for (auto& [path, node] : cache_) {
    if (node.directory()) continue;
    node.file->unsynced.clear();
    node.file->platter_size = node.file->cache.size();
  }
}

}  // namespace okapi::sim
