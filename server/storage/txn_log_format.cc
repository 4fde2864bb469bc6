#include "server/storage/txn_log_format.h"

#include <libdeflate.h>

#include "common/base/assert.h"
#include "common/jute/input_archive.h"
#include "common/jute/output_archive.h"

namespace okapi {

uint32_t adler32(uint32_t so_far, ByteView bytes) {
  // libdeflate takes a null pointer for "begin anew".
  return bytes.empty() ? so_far : libdeflate_adler32(so_far, bytes.data(), bytes.size());
}

std::string log_file_header() {
  std::string out;
  jute::OutputArchive archive(out);
  archive.put_int(kLogMagic);
  archive.put_int(kStorageVersion);
  archive.put_long(0);  // Compat: the reference never sets its database id here
  OKAPI_ASSERT(out.size() == kFileHeaderBytes);
  return out;
}

void append_log_record(std::string& out, ByteView payload) {
  OKAPI_ASSERT(!payload.empty());
  jute::OutputArchive archive(out);
  archive.put_long(adler32(kAdlerSeed, payload));
  archive.put_int(static_cast<int32_t>(payload.size()));
  archive.put_raw(payload);
  archive.put_byte(static_cast<uint8_t>(kRecordEnd));
}

const char* describe(RecordState state) {
  switch (state) {
    case RecordState::kRecord:
      return "a complete record";
    case RecordState::kZeroLength:
      return "a record of length 0";
    case RecordState::kCut:
      return "a record that the end of the file cuts";
    case RecordState::kBadLength:
      return "a record of an unreasonable length";
    case RecordState::kNoTerminator:
      return "a record without its end byte";
    case RecordState::kBadChecksum:
      return "a record whose checksum is wrong (CRC check failed)";
    case RecordState::kBadBody:
      return "a record that cannot be decoded";
  }
  return "";
}

RawRecord parse_log_record(ByteView bytes, uint64_t available, uint32_t record_bytes_max) {
  OKAPI_ASSERT(bytes.size() <= available);
  RawRecord out{RecordState::kCut, {}, kRecordHeadBytes};
  if (bytes.size() < kRecordHeadBytes) return out;
  jute::InputArchive in(bytes);
  int64_t crc = in.get_long();
  int32_t length = in.get_int();
  if (length == 0) {
    out.state = RecordState::kZeroLength;
    return out;
  }
  if (length < 0) {
    out.state = RecordState::kBadLength;
    return out;
  }
  auto size = static_cast<size_t>(length);
  out.bytes = kRecordOverheadBytes + size;
  if (out.bytes > available) {
    // A length that no record can have is no sign of a cut.
    if (size > record_bytes_max) out.state = RecordState::kBadLength;
    return out;
  }
  if (out.bytes > bytes.size()) return out;
  // Compat: the end byte is looked at before the checksum; their order decides between a torn write
  // and damage (storage spec 3.5, rows 6 and 7).
  if (bytes[out.bytes - 1] != kRecordEnd) {
    out.state = RecordState::kNoTerminator;
    return out;
  }
  out.payload = bytes.substr(kRecordHeadBytes, size);
  out.state = crc == static_cast<int64_t>(adler32(kAdlerSeed, out.payload))
                  ? RecordState::kRecord
                  : RecordState::kBadChecksum;
  return out;
}

}  // namespace okapi
