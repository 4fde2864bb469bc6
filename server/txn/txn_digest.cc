#include "server/txn/txn_digest.h"

#include <libdeflate.h>

#include <cstring>

#include "common/proto/path.h"

namespace okapi {
namespace {

template <class T>
void put_big_endian(char*& to, T value) {
  if constexpr (sizeof(T) == 8) {
    uint64_t big = __builtin_bswap64(static_cast<uint64_t>(value));
    std::memcpy(to, &big, 8);
  } else {
    uint32_t big = __builtin_bswap32(static_cast<uint32_t>(value));
    std::memcpy(to, &big, 4);
  }
  to += sizeof(T);
}

}  // namespace

bool counts_in_digest(ByteView path) { return !path.starts_with("/zookeeper/"); }

uint32_t digest_prefix(ByteView path, NullableView data) {
  if (path == kRootPath) path = ByteView();
  // libdeflate takes a null pointer for "begin anew", hence the checks for emptiness.
  uint32_t crc = path.empty() ? 0 : libdeflate_crc32(0, path.data(), path.size());
  if (data.has_value() && !data->empty()) crc = libdeflate_crc32(crc, data->data(), data->size());
  return crc;
}

uint64_t node_digest(uint32_t prefix, const StatPersisted& stat) {
  char bytes[60];
  char* to = bytes;
  put_big_endian(to, stat.czxid.value());
  put_big_endian(to, stat.mzxid.value());
  put_big_endian(to, stat.pzxid.value());
  put_big_endian(to, stat.ctime);
  put_big_endian(to, stat.mtime);
  put_big_endian(to, stat.version);
  put_big_endian(to, stat.cversion);
  put_big_endian(to, stat.aversion);
  put_big_endian(to, stat.ephemeral_owner);
  return libdeflate_crc32(prefix, bytes, sizeof bytes);
}

}  // namespace okapi
