// The locks of the tree's shards. A ShardLock is a phase-fair reader/writer lock for one writer
// thread and any number of readers: a waiting writer stops new readers, and those that wait pass
// before it comes again, so neither side starves. Who waits spins for a moment, then sleeps.
//
// Rules: 1. a thread takes several shards in ascending order, each once (a second shared hold of
// one shard can deadlock behind a writer). 2. Under a shard lock nothing waits, wakes or does I/O.
// Sets of shards are 64-bit masks; the holders are move-only and let go when destroyed.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <utility>

#include "common/base/assert.h"
#include "common/base/thread_annotations.h"

namespace okapi {

inline constexpr uint32_t kTreeShards = 64;
// Bit i stands for shard i.
using ShardMask = uint64_t;
inline constexpr ShardMask kAllShards = ~ShardMask{0};
constexpr ShardMask shard_bit(uint32_t shard) { return ShardMask{1} << shard; }

class CAPABILITY("shared_mutex") alignas(64) ShardLock {
 public:
  void lock_shared() OKAPI_TSA(acquire_shared_capability()) {
    uint32_t phase = arrived_.fetch_add(kReader, std::memory_order_acquire) & kWriterBits;
    if (phase != 0) wait_for_phase_end(phase);
  }
  void unlock_shared() OKAPI_TSA(release_shared_capability()) {
    left_.fetch_add(kReader, std::memory_order_seq_cst);
    if (writer_sleeps_.load(std::memory_order_seq_cst)) wake_writer();
  }
  // One thread at a time may be in here (the holder of the TreeWriter).
  void lock() ACQUIRE() {
    phase_ ^= kPhase;
    uint32_t before = arrived_.fetch_add(kWriter | phase_, std::memory_order_acq_rel);
    OKAPI_ASSERT((before & kWriterBits) == 0);
    if (left_.load(std::memory_order_acquire) != before) wait_for_readers(before);
  }
  void unlock() RELEASE() {
    arrived_.fetch_and(~kWriterBits, std::memory_order_seq_cst);
    if (sleeping_readers_.load(std::memory_order_seq_cst) != 0) wake_readers();
  }

 private:
  // arrived_: bit 0 a writer is there, bit 1 its phase, above them the count of readers that came.
  static constexpr uint32_t kWriter = 1;
  static constexpr uint32_t kPhase = 2;
  static constexpr uint32_t kWriterBits = kWriter | kPhase;
  static constexpr uint32_t kReader = 4;

  void wait_for_phase_end(uint32_t phase);
  void wait_for_readers(uint32_t ticket);
  void wake_writer();
  void wake_readers();

  std::atomic<uint32_t> arrived_{0};
  std::atomic<uint32_t> left_{0};  // count of readers that went, in kReader steps
  std::atomic<uint32_t> sleeping_readers_{0};
  std::atomic<bool> writer_sleeps_{false};
  uint32_t phase_ = 0;  // writer's
};
static_assert(sizeof(ShardLock) == 64);

using ShardLocks = std::array<ShardLock, kTreeShards>;

namespace internal {

template <class F>
void for_each_shard(ShardMask mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<uint32_t>(std::countr_zero(mask)));
}

}  // namespace internal

// Shards held shared.
class SharedHold {
 public:
  SharedHold() = default;
  SharedHold(ShardLocks& locks, ShardMask mask) NO_THREAD_SAFETY_ANALYSIS : locks_(&locks),
                                                                            mask_(mask) {
    internal::for_each_shard(mask,
                             [&](uint32_t i) NO_THREAD_SAFETY_ANALYSIS { locks[i].lock_shared(); });
  }
  SharedHold(SharedHold&& other) noexcept
      : locks_(other.locks_), mask_(std::exchange(other.mask_, 0)) {}
  SharedHold& operator=(SharedHold&& other) noexcept {
    release();
    locks_ = other.locks_;
    mask_ = std::exchange(other.mask_, 0);
    return *this;
  }
  ~SharedHold() { release(); }
  void release() {
    internal::for_each_shard(std::exchange(mask_, 0), [&](uint32_t i) NO_THREAD_SAFETY_ANALYSIS {
      (*locks_)[i].unlock_shared();
    });
  }
  bool holds(uint32_t shard) const { return (mask_ & shard_bit(shard)) != 0; }

 private:
  ShardLocks* locks_ = nullptr;
  ShardMask mask_ = 0;
};

// Shards held exclusively.
class WriteLock {
 public:
  WriteLock() = default;
  WriteLock(ShardLocks& locks, ShardMask mask) : locks_(&locks), mask_(mask) {
    internal::for_each_shard(mask, [&](uint32_t i) NO_THREAD_SAFETY_ANALYSIS { locks[i].lock(); });
  }
  WriteLock(WriteLock&& other) noexcept
      : locks_(other.locks_), mask_(std::exchange(other.mask_, 0)) {}
  WriteLock& operator=(WriteLock&& other) noexcept {
    release();
    locks_ = other.locks_;
    mask_ = std::exchange(other.mask_, 0);
    return *this;
  }
  ~WriteLock() { release(); }
  void release() {
    internal::for_each_shard(std::exchange(mask_, 0),
                             [&](uint32_t i) NO_THREAD_SAFETY_ANALYSIS { (*locks_)[i].unlock(); });
  }
  bool holds(uint32_t shard) const { return (mask_ & shard_bit(shard)) != 0; }

 private:
  ShardLocks* locks_ = nullptr;
  ShardMask mask_ = 0;
};

}  // namespace okapi
