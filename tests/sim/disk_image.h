// What one simulated disk holds: for each file the page cache (what calls see) and the platter
// (what a power loss leaves), and the same for names. Knows no time and no faults. One thread.
//
// Sectors of 512 bytes that were written and not synced survive a power loss each by its own dice.
// A changed name (created, renamed, removed) survives only if its directory was synced since, else
// by dice; a rename is one change, never half of one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/base/time.h"

namespace okapi::sim {

inline constexpr size_t kSectorBytes = 512;

// A sector whose platter differs, or may differ, from the page cache.
struct UnsyncedSector {
  std::string platter;    // up to 512 bytes; what is missing is zero
  bool believed = false;  // a failed sync dropped it: the cache calls it clean, the platter is old
};

struct Inode {
  std::string cache;
  uint64_t platter_size = 0;
  std::map<uint64_t, UnsyncedSector> unsynced;  // by sector number
  MonoTime done{};                              // when the last call on it is done
};

struct DiskNode {
  std::shared_ptr<Inode> file;  // null for a directory
  bool directory() const { return file == nullptr; }
  friend bool operator==(const DiskNode&, const DiskNode&) = default;
};

// Takes one call back, as if it had never been made. Calls are undone last first.
using Undo = std::function<void()>;

class DiskImage {
 public:
  DiskImage();

  const DiskNode* find(const std::string& path) const;
  const std::map<std::string, DiskNode>& names() const { return cache_; }
  uint64_t used_bytes() const;

  // Names. `now` null removes; a directory's children move with it.
  Undo set_name(const std::string& path, std::optional<DiskNode> now);
  Undo rename(const std::string& from, const std::string& to);
  Undo sync_names(const std::string& directory);

  // Contents.
  static Undo write(const std::shared_ptr<Inode>& file, uint64_t offset, ByteView bytes);
  static Undo truncate(const std::shared_ptr<Inode>& file, uint64_t size);
  static Undo sync(const std::shared_ptr<Inode>& file);
  // A failed sync: each page is written or dropped by dice, and all are clean afterwards.
  static Undo fail_sync(const std::shared_ptr<Inode>& file, Rng& dice);
  // One bit of a file turns over on the platter, and is read so.
  static void rot(Inode& file, uint64_t offset, int bit);

  // The power goes: what is not on the platter survives by dice.
  void lose_power(Rng& dice);
  // The program goes, the page cache stays; pages that only the cache has may be read anew.
  void lose_program(Rng& dice);
  // All of it is on the platter.
  void sync_all();

 private:
  struct Change {
    std::string path;
    std::optional<DiskNode> before, after;
  };
  using NameOp = std::vector<Change>;  // survives wholly or not at all
  struct PendingOp {
    uint64_t number;
    NameOp changes;
  };

  Undo commit(NameOp op);
  static void put(std::map<std::string, DiskNode>& names, const std::string& path,
                  const std::optional<DiskNode>& node);
  void lose_names(Rng& dice);
  static void touch(Inode& file, uint64_t first, uint64_t last);
  static std::string cached_sector(const Inode& file, uint64_t sector);
  static void lose_contents(Inode& file, Rng& dice);

  std::map<std::string, DiskNode> cache_, platter_;
  std::vector<PendingOp> pending_;
  uint64_t next_op_ = 0;
};

// The directory of a path: "/a" for "/a/b", "/" for "/a".
std::string directory_of(const std::string& path);

}  // namespace okapi::sim
