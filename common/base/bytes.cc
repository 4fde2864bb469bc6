#include "common/base/bytes.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "common/base/assert.h"

namespace okapi {

SharedBytes SharedBytes::allocate(size_t size) {
  OKAPI_ASSERT(size <= std::numeric_limits<uint32_t>::max());
  void* memory = ::operator new(sizeof(Block) + size);
  SharedBytes out;
  out.block_ = new (memory) Block(static_cast<uint32_t>(size));
  out.size_ = static_cast<uint32_t>(size);
  return out;
}

SharedBytes SharedBytes::copy_of(ByteView bytes) {
  return make(bytes.size(), [&](char* to) {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  });
}

SharedBytes SharedBytes::slice(size_t offset, size_t size) const {
  OKAPI_ASSERT(offset + size <= size_);
  SharedBytes out = *this;
  out.offset_ += static_cast<uint32_t>(offset);
  out.size_ = static_cast<uint32_t>(size);
  return out;
}

std::optional<SharedBytes> SharedBytes::widen(size_t before, size_t after) const {
  if (block_ == nullptr || before > offset_) return std::nullopt;
  if (after > size_t{block_->size} - offset_ - size_) return std::nullopt;
  SharedBytes out = *this;
  out.offset_ -= static_cast<uint32_t>(before);
  out.size_ += static_cast<uint32_t>(before + after);
  return out;
}

SharedBlock::SharedBlock(SharedBytes bytes) noexcept {
  OKAPI_ASSERT(bytes.block_ == nullptr || bytes.size_ == bytes.block_->size);
  block_ = std::exchange(bytes.block_, nullptr);
}

SharedBytes SharedBlock::share() const {
  if (block_ == nullptr) return SharedBytes();
  block_->refs.fetch_add(1, std::memory_order_relaxed);
  return SharedBytes(block_, 0, block_->size);
}

void SharedBytes::release() noexcept {
  if (block_ != nullptr && block_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    block_->~Block();
    ::operator delete(block_);
  }
}

std::string printable(ByteView bytes, size_t limit) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (char c : bytes.substr(0, limit)) {
    auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u < 0x7f && u != '\\') {
      out.push_back(c);
    } else {
      out += "\\x";
      out.push_back(kHex[u >> 4]);
      out.push_back(kHex[u & 15]);
    }
  }
  if (bytes.size() > limit) out += "...";
  return out;
}

}  // namespace okapi
