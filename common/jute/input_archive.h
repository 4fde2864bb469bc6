// Reads jute-encoded values from a view. After the first thing that is missing or impossible,
// `ok()` is false, `why()` says what, and every further read gives zero. Views point into the
// input. Nothing is allocated by a length or a count that the bytes do not bear out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"

namespace okapi::jute {

class InputArchive {
 public:
  explicit InputArchive(ByteView in) : in_(in) {}

  bool ok() const { return why_ == nullptr; }
  const char* why() const { return why_ == nullptr ? "" : why_; }
  ByteView rest() const { return in_.substr(position_); }
  size_t position() const { return position_; }

  uint8_t get_byte() {
    if (!need(1)) return 0;
    return static_cast<uint8_t>(in_[position_++]);
  }
  bool get_bool() { return get_byte() != 0; }
  int32_t get_int() {
    if (!need(4)) return 0;
    uint32_t v;
    std::memcpy(&v, in_.data() + position_, 4);
    position_ += 4;
    return static_cast<int32_t>(__builtin_bswap32(v));
  }
  int64_t get_long() {
    if (!need(8)) return 0;
    uint64_t v;
    std::memcpy(&v, in_.data() + position_, 8);
    position_ += 8;
    return static_cast<int64_t>(__builtin_bswap64(v));
  }
  NullableView get_buffer() {
    int32_t length = get_int();
    if (!ok() || length == -1) return std::nullopt;
    if (length < 0) {
      fail("negative length");
      return std::nullopt;
    }
    if (!need(static_cast<size_t>(length))) return std::nullopt;
    ByteView out = in_.substr(position_, static_cast<size_t>(length));
    position_ += static_cast<size_t>(length);
    return out;
  }
  // Count of a vector: -1 is null (answered as -1), any other negative count reads as empty.
  int32_t get_count() {
    int32_t count = get_int();
    if (!ok()) return 0;
    return count == -1 ? -1 : std::max(count, 0);
  }

  void fail(const char* why) {
    if (why_ == nullptr) why_ = why;
  }

 private:
  bool need(size_t bytes) {
    if (why_ != nullptr) return false;
    if (in_.size() - position_ < bytes) {
      fail("record ends early");
      return false;
    }
    return true;
  }

  ByteView in_;
  size_t position_ = 0;
  const char* why_ = nullptr;
};

}  // namespace okapi::jute
