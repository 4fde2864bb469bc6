// The disk of one simulated node. Every call charges virtual time to the step that makes it and
// enters a journal with the hour at which it is done; a crash takes back the calls not yet done.
// A call on something that another stage's unfinished call touches waits for that first, so nobody
// learns early what a crash could still undo. It outlives the program, across restarts.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/env/disk.h"
#include "tests/sim/cost_meter.h"
#include "tests/sim/disk_image.h"

namespace okapi::sim {

struct DiskFaults {
  // Of calls on paths that contain this.
  std::string only{};
  // One in so many calls fails; 0 = never.
  uint32_t write_eio_one_in = 0;
  uint32_t write_no_space_one_in = 0;
  uint32_t sync_eio_one_in = 0;
  uint32_t read_eio_one_in = 0;
  uint32_t rename_eio_one_in = 0;
  uint32_t slow_sync_one_in = 0;
  Nanos slow_sync_max = Millis(3000);
};

struct DiskPrices {
  Nanos name_call = Micros(15);
  Nanos write_call = Micros(8);
  Nanos read_call = Micros(4);
  Nanos per_kilobyte = Nanos(300);
  Nanos sync_min = Micros(80);
  Nanos sync_max = Micros(900);
};

// A call that changes something, in the step that makes it: it has its effect at `done`.
struct DiskCall {
  enum class Kind : uint8_t { kCreate, kWrite, kTruncate, kSync, kRename, kUnlink, kSyncDirectory };
  Kind kind;
  const std::string& path;  // of a rename, the new name
  MonoTime done;
};

class SimDisk final : public Disk {
 public:
  SimDisk(SimWorld& world, CostMeter& meter, std::string node);
  ~SimDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  bool writable(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, ByteView content) override;
  Result<uint64_t> free_bytes(const std::string& directory) override;

  DiskFaults& faults() { return faults_; }
  // Is told of each such call from now on.
  void watch(std::function<void(const DiskCall&)> told) { told_ = std::move(told); }
  void set_capacity(uint64_t bytes) { capacity_ = bytes; }
  // The program ends (kill -9) or the power does, now. Handles of that program become inert.
  void program_killed();
  void power_lost();
  // The program ended by itself while it booted: all it did is done.
  void settle() { journal_.clear(); }
  // The next program begins. Between the end of one and this, calls that change something succeed
  // without effect and others fail: so the objects of a dead program can be destroyed in peace.
  void program_started() { running_ = true; }

  // From outside, without price: for setting up, checkers, and damage.
  DiskImage& image() { return image_; }
  const DiskImage& image() const { return image_; }
  std::optional<std::string> content(const std::string& path) const;
  void put_file(const std::string& path, ByteView content);  // durable, with its directories
  void make_durable_directory(const std::string& path);
  // A new, empty one takes its place, while no program runs.
  void replace();
  bool flip_bit(const std::string& path, uint64_t offset, int bit);
  uint64_t calls() const { return calls_; }
  uint64_t syncs() const { return syncs_; }

 private:
  friend class SimFile;
  friend class SimFileLock;
  struct Call {
    MonoTime begins, done;
    Undo undo;
  };

  bool hit(uint32_t one_in, const std::string& path) {
    return one_in != 0 && path.find(faults_.only) != std::string::npos &&
           world_.rng().chance(1, one_in);
  }
  void tell(DiskCall::Kind kind, const std::string& path) {
    if (told_) told_({kind, path, meter_.now()});
  }
  void begin_call(MonoTime& object_done);
  MonoTime end_call(MonoTime begun, MonoTime& object_done, Nanos price, Undo undo);
  // A call on names: waits for the other ones, pays, and enters the journal.
  void name_call(Nanos price, Undo undo);
  Error no_such(const std::string& path) const;
  static Error dead();
  Nanos sync_price(const std::string& path);
  bool fits(uint64_t more_bytes);
  void take_back_unfinished();
  Status make_directory(const std::string& path);

  SimWorld& world_;
  CostMeter& meter_;
  const std::string node_;
  DiskImage image_;
  DiskFaults faults_;
  std::function<void(const DiskCall&)> told_;
  DiskPrices prices_;
  uint64_t capacity_ = uint64_t{1} << 40;
  std::deque<Call> journal_;
  MonoTime names_done_{};
  std::set<std::string> locks_;
  bool running_ = true;
  uint64_t program_ = 1;  // which start of the program; older handles are inert
  uint64_t calls_ = 0;
  uint64_t syncs_ = 0;
};

}  // namespace okapi::sim
