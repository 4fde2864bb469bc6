#include "common/proto/frame.h"

namespace okapi {

std::string notification_frame(Zxid zxid, EventType type, ByteView path) {
  std::string out;
  append_frame(out, [&](jute::OutputArchive& archive) {
    put(archive, ReplyHeader{kNotificationXid, zxid, 0});
    put(archive, WatcherEvent{static_cast<int32_t>(type), kSyncConnected, path});
  });
  return out;
}

}  // namespace okapi
