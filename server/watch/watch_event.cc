#include "server/watch/watch_event.h"

#include "common/proto/frame.h"

namespace okapi {

SharedBytes encode_watch_event(Zxid zxid, EventType type, ByteView path) {
  return SharedBytes::copy_of(notification_frame(zxid, type, path));
}

}  // namespace okapi
