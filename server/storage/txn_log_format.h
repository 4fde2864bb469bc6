// The transaction log, byte for byte as the reference writes it (storage spec 3.1):
//
//   file   = header (16) record* zeros*            named log.<hex zxid of the first record>
//   header = "ZKLG" int version=2 long dbid=0
//   record = long crc, int length, payload[length], byte 'B'
//   crc    = Adler-32 of the payload only; payload = TxnHeader, body, optional TxnDigest
//
// A length of 0 ends the file. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/bytes.h"

namespace okapi {

inline constexpr int32_t kLogMagic = 0x5A4B4C47;  // "ZKLG"
inline constexpr int32_t kStorageVersion = 2;
inline constexpr size_t kFileHeaderBytes = 16;
inline constexpr size_t kRecordHeadBytes = 12;  // crc, length
inline constexpr size_t kRecordOverheadBytes = kRecordHeadBytes + 1;
inline constexpr char kRecordEnd = 'B';
// Bytes that may be on their way to the disk unsynced at once, unless one record is longer: a
// valid record further behind a bad one than this proves rot (safety F-DSK-05).
inline constexpr size_t kLogBatchBytesMax = 4 * 1024 * 1024;
// What the reference takes as the longest record under its default settings: only used to tell an
// impossible length from a record that the end of the file cuts.
inline constexpr uint32_t kDefaultRecordBytesMax = 2 * 0xfffff;

uint32_t adler32(uint32_t so_far, ByteView bytes);
inline constexpr uint32_t kAdlerSeed = 1;

std::string log_file_header();
// Appends one record to `out`.
void append_log_record(std::string& out, ByteView payload);

// What stands at one place of a log (storage spec 3.5, rows in brackets).
enum class RecordState {
  kRecord,        // complete, checksum right
  kZeroLength,    // [2] the end mark; what follows decides whether the file ends cleanly
  kCut,           // [1, 5] the file ends inside it
  kBadLength,     // [3, 4] negative, or longer than any record may be
  kNoTerminator,  // [6] the end byte is missing
  kBadChecksum,   // [7] end byte good, checksum bad
  kBadBody,       // [8] the payload cannot be decoded
};
const char* describe(RecordState state);

struct RawRecord {
  RecordState state = RecordState::kCut;
  ByteView payload;  // of kRecord
  size_t bytes = 0;  // whole record, head and end byte included, as far as the length is credible
};

// Looks at the record at the front of `bytes`, of which `available` bytes exist in the file (more
// than `bytes` holds if the window is short). Answers kCut with `bytes` = the window it needs when
// the record is there but the window is too short.
RawRecord parse_log_record(ByteView bytes, uint64_t available, uint32_t record_bytes_max);

}  // namespace okapi
