#include "server/election/cnx_link.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/base/assert.h"
#include "common/jute/input_archive.h"
#include "common/jute/output_archive.h"

namespace okapi {
namespace {

Error ended(const IoResult& result, const char* doing) {
  if (result.state == IoState::kClosed) return {ErrorKind::kClosed, "closed by the peer"};
  return {ErrorKind::kIo, fmt::format("{}: {}", doing, std::strerror(result.error))};
}

}  // namespace

Status CnxLink::read(size_t bytes_max) {
  std::array<char, 16 * 1024> buffer;
  for (size_t total = 0; total < bytes_max;) {
    IoResult result =
        stream_->read(std::span(buffer).first(std::min(buffer.size(), bytes_max - total)));
    if (result.state == IoState::kWouldBlock) return {};
    if (result.state != IoState::kOk) return ended(result, "read");
    in_.append(buffer.data(), result.bytes);
    total += result.bytes;
  }
  return {};
}

Result<std::optional<InitialMessage>> CnxLink::take_greeting() {
  OKAPI_ASSERT(phase_ == Phase::kGreeting);
  auto message = parse_initial_message(in_);
  if (message.ok() && message->has_value()) in_.erase(0, (*message)->bytes);
  return message;
}

Status CnxLink::cut_frames() {
  OKAPI_ASSERT(phase_ == Phase::kUp);
  size_t taken = 0;
  ByteView newest;
  while (in_.size() - taken >= 4) {
    ByteView rest = ByteView(in_).substr(taken);
    int32_t length = jute::InputArchive(rest).get_int();
    if (length <= 0 || length > kMessageBytesMax) {
      return Error{ErrorKind::kInvalid, fmt::format("message of {} bytes", length)};
    }
    auto size = static_cast<size_t>(length);
    if (rest.size() < 4 + size) break;
    newest = rest.substr(4, size);
    taken += 4 + size;
  }
  if (!newest.empty()) {
    held_ = SharedBytes::copy_of(newest);
    unanswered_ = 0;
  }
  in_.erase(0, taken);
  return {};
}

void CnxLink::put_frame(ByteView message, MonoTime now) {
  OKAPI_ASSERT(!message.empty() && message.size() <= size_t{kMessageBytesMax});
  jute::OutputArchive(out_).put_buffer(message);
  if (unanswered_++ == 0) first_unanswered_ = now;
}

Status CnxLink::write() {
  while (!out_.empty()) {
    ByteView part = out_;
    IoResult result = stream_->write(std::span(&part, 1));
    if (result.state == IoState::kWouldBlock) return {};
    if (result.state != IoState::kOk) return ended(result, "write");
    out_.erase(0, result.bytes);
  }
  return {};
}

}  // namespace okapi
