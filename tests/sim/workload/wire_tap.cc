#include "tests/sim/workload/wire_tap.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/jute/record.h"

namespace okapi::sim {

void WireTap::connected(bool same_session) {
  partial_.clear();
  handshake_done_ = false;
  last_reply_ = last_event_ = Zxid();
  if (!same_session) session_highest_ = Zxid();
}

std::optional<std::string> WireTap::receive(ByteView bytes,
                                            const std::function<void(const TappedFrame&)>& take) {
  partial_.append(bytes);
  size_t at = 0;
  std::optional<std::string> broken;
  while (!broken.has_value()) {
    jute::InputArchive in(ByteView(partial_).substr(at));
    int32_t length = in.get_int();
    if (!in.ok() || (length >= 0 && in.rest().size() < static_cast<size_t>(length))) break;
    if (length < 0) return "INV-D8: frame of negative length";
    ByteView frame_bytes = in.rest().substr(0, static_cast<size_t>(length));
    at += 4 + frame_bytes.size();
    jute::InputArchive frame_in(frame_bytes);
    TappedFrame frame;
    if (!handshake_done_) {
      handshake_done_ = frame.connect = true;
      jute::get(frame_in, frame.connect_response);
      frame.connect_response.password = {};
    } else {
      jute::get(frame_in, frame.header);
      frame.body = frame_in.rest();
      broken = check(frame);
    }
    if (!frame_in.ok()) return "INV-D8: frame that ends early";
    if (frame.header.xid == kNotificationXid && !frame.connect) {
      WatcherEvent event;
      jute::get(frame_in, event);
      frame.event_type = event.type;
      frame.event_path = event.path;
    }
    take(frame);
  }
  partial_.erase(0, at);
  return broken;
}

std::optional<std::string> WireTap::check(const TappedFrame& frame) {
  const ReplyHeader& header = frame.header;
  if (header.xid == kNotificationXid) return check_event(frame);
  if (header.xid == kAuthXid && header.zxid == Zxid()) return std::nullopt;  // by rule
  if (header.zxid < session_highest_) {
    return fmt::format("G06/O7: reply to xid {} has zxid {:x} after {:x}", header.xid,
                       header.zxid.value(), session_highest_.value());
  }
  session_highest_ = last_reply_ = header.zxid;
  return std::nullopt;
}

std::optional<std::string> WireTap::check_event(const TappedFrame& frame) {
  Zxid zxid = frame.header.zxid;
  if (zxid == Zxid(-1)) return std::nullopt;  // made up by setWatches
  if (zxid <= last_reply_) {
    return fmt::format("O3/G09: event {:x} after a reply stamped {:x}", zxid.value(),
                       last_reply_.value());
  }
  if (zxid < last_event_) {
    return fmt::format("G09: event {:x} after event {:x}", zxid.value(), last_event_.value());
  }
  last_event_ = zxid;
  return std::nullopt;
}

}  // namespace okapi::sim
