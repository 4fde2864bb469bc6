// Views on bytes, and immutable bytes shared between threads. A ByteView owns nothing; SharedBytes
// keeps its block alive. Both are plain values; a block never changes after it was made.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace okapi {

using ByteView = std::string_view;
// Jute knows null and empty as different values, for buffers and strings alike.
using NullableView = std::optional<std::string_view>;

// A reference-counted immutable block and a window on it. Copying costs one atomic increment.
class SharedBytes {
 public:
  SharedBytes() = default;
  static SharedBytes copy_of(ByteView bytes);
  // Allocates `size` bytes and hands them to `fill(char*)` before anybody else can see them.
  template <class Fill>
  static SharedBytes make(size_t size, Fill&& fill) {
    SharedBytes out = allocate(size);
    fill(out.block_->data());
    return out;
  }

  SharedBytes(const SharedBytes& other) noexcept
      : block_(other.block_), offset_(other.offset_), size_(other.size_) {
    if (block_ != nullptr) block_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        offset_(std::exchange(other.offset_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(offset_, other.offset_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedBytes() { release(); }

  ByteView view() const {
    return block_ == nullptr ? ByteView() : ByteView(block_->data() + offset_, size_);
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // A window on the same block.
  SharedBytes slice(size_t offset, size_t size) const;
  // The window grown by so many bytes at both ends, or nothing if the block ends before.
  std::optional<SharedBytes> widen(size_t before, size_t after) const;

 private:
  friend class SharedBlock;
  struct Block {
    explicit Block(uint32_t bytes) : size(bytes) {}
    std::atomic<uint32_t> refs{1};
    const uint32_t size;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };
  SharedBytes(Block* block, uint32_t offset, uint32_t size)
      : block_(block), offset_(offset), size_(size) {}
  static SharedBytes allocate(size_t size);
  void release() noexcept;

  Block* block_ = nullptr;
  uint32_t offset_ = 0;
  uint32_t size_ = 0;
};

// SharedBytes without a window, half as large: for what is kept by the million.
class SharedBlock {
 public:
  SharedBlock() = default;
  // The window must be the whole block.
  SharedBlock(SharedBytes bytes) noexcept;
  SharedBlock(SharedBlock&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBlock& operator=(SharedBlock&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBlock() { SharedBytes last(block_, 0, 0); }

  // Null (data() is a null pointer) where there is no block.
  ByteView view() const {
    return block_ == nullptr ? ByteView() : ByteView(block_->data(), block_->size);
  }
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  // One more owner.
  SharedBytes share() const;

 private:
  SharedBytes::Block* block_ = nullptr;
};

// Unsigned text of bytes for messages: printable ASCII as it is, all else as \xNN, cut at `limit`.
// Whatever a client sends reaches a log line only through here, so it can forge none.
std::string printable(ByteView bytes, size_t limit = 200);

}  // namespace okapi
