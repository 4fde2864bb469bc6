#include "server/txn/txn_digest.h"

#include <libdeflate.h>

#include "common/jute/record.h"
#include "common/proto/path.h"

namespace okapi {
uint32_t digest_prefix(ByteView path, NullableView data) {
  if (path == kRootPath) path = ByteView();
  // libdeflate takes a null pointer for "begin anew", hence the checks for emptiness.
  uint32_t crc = path.empty() ? 0 : libdeflate_crc32(0, path.data(), path.size());
  if (data.has_value() && !data->empty()) crc = libdeflate_crc32(crc, data->data(), data->size());
  return crc;
}

uint64_t node_digest(uint32_t prefix, const StatPersisted& stat) {
  char bytes[StatPersisted::kBytes];
  jute::write_numbers(bytes, stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime,
                      stat.version, stat.cversion, stat.aversion, stat.ephemeral_owner);
  return libdeflate_crc32(prefix, bytes, sizeof bytes);
}

}  // namespace okapi
