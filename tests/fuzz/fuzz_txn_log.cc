// Any bytes as the newest transaction log: reading ends in an error or in a tail that, once
// repaired, reads the same and clean. First byte: whether there is a hint, and for which record.
#include <cstddef>
#include <cstdint>

#include "common/base/assert.h"
#include "server/storage/txn_log_reader.h"
#include "tests/support/image_disk.h"

using namespace okapi;

namespace {

struct Found {
  bool ok = false;
  std::string payloads;
  LogTail tail;
};

Found read_log(Disk& disk, std::optional<SyncedMark> mark) {
  Found out;
  TxnLogReadOptions options;
  options.from = Zxid(1);
  options.mark = mark;
  auto reader = TxnLogReader::open(disk, "/d", options);
  if (!reader.ok()) return out;
  LogRecord record;
  while (true) {
    auto more = reader->next(record);
    if (!more.ok()) return out;
    if (!*more) break;
    out.payloads.append(record.payload);
  }
  out.ok = true;
  out.tail = reader->tail();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  ImageDisk disk;
  disk.put("/d/log.1", ByteView(reinterpret_cast<const char*>(bytes) + 1, size - 1));
  std::optional<SyncedMark> mark;
  if ((bytes[0] & 1) != 0) mark = SyncedMark{Zxid(bytes[0] >> 1), Zxid(1), 0};
  Found first = read_log(disk, mark);
  if (!first.ok) return 0;
  OKAPI_ASSERT(repair_log_tail(disk, "/d", first.tail).ok());
  if (!first.tail.short_file.empty()) return 0;
  Found second = read_log(disk, mark);
  OKAPI_ASSERT(second.ok);
  OKAPI_ASSERT(second.payloads == first.payloads);
  OKAPI_ASSERT(!second.tail.torn);
  return 0;
}
