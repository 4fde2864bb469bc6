#include "server/tree/shard_locks.h"

namespace okapi {
namespace {

constexpr int kSpins = 200;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void ShardLock::wait_for_phase_end(uint32_t phase) {
  auto over = [&](uint32_t arrived) { return (arrived & kWriterBits) != phase; };
  for (int i = 0; i < kSpins; ++i) {
    if (over(arrived_.load(std::memory_order_acquire))) return;
    relax();
  }
  sleeping_readers_.fetch_add(1, std::memory_order_seq_cst);
  for (;;) {
    uint32_t arrived = arrived_.load(std::memory_order_seq_cst);
    if (over(arrived)) break;
    arrived_.wait(arrived, std::memory_order_acquire);
  }
  sleeping_readers_.fetch_sub(1, std::memory_order_relaxed);
}

void ShardLock::wait_for_readers(uint32_t ticket) {
  for (int i = 0; i < kSpins; ++i) {
    if (left_.load(std::memory_order_acquire) == ticket) return;
    relax();
  }
  writer_sleeps_.store(true, std::memory_order_seq_cst);
  for (;;) {
    uint32_t left = left_.load(std::memory_order_seq_cst);
    if (left == ticket) break;
    left_.wait(left, std::memory_order_acquire);
  }
  writer_sleeps_.store(false, std::memory_order_relaxed);
}

void ShardLock::wake_writer() { left_.notify_all(); }
void ShardLock::wake_readers() { arrived_.notify_all(); }

}  // namespace okapi
