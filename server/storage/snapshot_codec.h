// The three container formats of snapshot files, chosen by the last part of the name (storage spec
// 4.3). Streaming both ways with bounded memory; nothing is allocated by a length that the input
// claims. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace okapi {

enum class SnapshotCodec { kPlain, kGzip, kSnappy };

// Compat: by the last extension, case-insensitive; any other is plain.
SnapshotCodec codec_of_name(ByteView name);
// "", ".gz" or ".snappy".
ByteView extension_of(SnapshotCodec codec);
// Whether head (first 16 bytes) and tail (last 5 bytes) of a file of `bytes` look complete.
bool quick_check(SnapshotCodec codec, uint64_t bytes, ByteView head, ByteView tail);

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends compressed bytes to `out`, perhaps none yet.
  virtual Status put(ByteView bytes, std::string& out) = 0;
  virtual Status finish(std::string& out) = 0;
};

// Where decoded bytes go, in pieces of any length.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status take(ByteView bytes) = 0;
};

class Decompressor {
 public:
  virtual ~Decompressor() = default;
  virtual Status put(ByteView bytes, ByteSink& out) = 0;
  // At the end of the input. Errors: it was cut short.
  virtual Status finish(ByteSink& out) = 0;
};

std::unique_ptr<Compressor> make_compressor(SnapshotCodec codec);
std::unique_ptr<Decompressor> make_decompressor(SnapshotCodec codec);

}  // namespace okapi
