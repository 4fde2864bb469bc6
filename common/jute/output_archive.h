// Appends jute-encoded values to a string. Any thread, one at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "common/base/bytes.h"

namespace okapi::jute {

class OutputArchive {
 public:
  explicit OutputArchive(std::string& out) : out_(out) {}

  void put_byte(uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void put_bool(bool v) { put_byte(v ? 1 : 0); }
  void put_int(int32_t v) { put_big_endian<4>(static_cast<uint32_t>(v)); }
  void put_long(int64_t v) { put_big_endian<8>(static_cast<uint64_t>(v)); }
  // Buffers and strings have one encoding: length, then bytes.
  void put_buffer(ByteView v) {
    put_int(static_cast<int32_t>(v.size()));
    out_.append(v);
  }
  void put_buffer(NullableView v) {
    if (v.has_value()) {
      put_buffer(*v);
    } else {
      put_int(-1);
    }
  }
  void put_raw(ByteView v) { out_.append(v); }

  size_t position() const { return out_.size(); }
  // Overwrites an int written earlier, for lengths that are known later.
  void patch_int(size_t position, int32_t v) {
    uint32_t big = __builtin_bswap32(static_cast<uint32_t>(v));
    std::memcpy(out_.data() + position, &big, sizeof big);
  }

 private:
  template <size_t kSize>
  void put_big_endian(uint64_t v) {
    uint64_t big = __builtin_bswap64(v << (64 - 8 * kSize));
    char bytes[8];
    std::memcpy(bytes, &big, sizeof big);
    out_.append(bytes, kSize);
  }

  std::string& out_;
};

}  // namespace okapi::jute
