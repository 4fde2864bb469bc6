// Outgoing frames: a 4-byte length, then the payload (client-protocol spec 1.2).
#pragma once

#include <string>

#include "common/jute/record.h"
#include "common/proto/responses.h"

namespace okapi {

inline constexpr size_t kFrameLengthBytes = 4;

// Appends one frame to `out`; `fill(OutputArchive&)` writes the payload.
template <class Fill>
void append_frame(std::string& out, Fill&& fill) {
  jute::OutputArchive archive(out);
  size_t at = archive.position();
  archive.put_int(0);
  fill(archive);
  archive.patch_int(at, static_cast<int32_t>(archive.position() - at - kFrameLengthBytes));
}

// A whole watch notification frame.
std::string notification_frame(Zxid zxid, EventType type, ByteView path);

}  // namespace okapi
