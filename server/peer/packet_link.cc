#include "server/peer/packet_link.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "server/peer/port_mail.h"

namespace okapi {

namespace {

// As many as one system call takes.
constexpr size_t kPartsMax = 64;

Error ended(const IoResult& result, const char* doing) {
  if (result.state == IoState::kClosed) return {ErrorKind::kClosed, "closed by the peer"};
  return {ErrorKind::kIo, fmt::format("{}: {}", doing, std::strerror(result.error))};
}

}  // namespace

bool any_readable(Poller& poller) {
  std::span<const Readiness> ready = poller.ready();
  return std::any_of(ready.begin(), ready.end(), [](const Readiness& one) { return one.readable; });
}

OwnedPacket OwnedPacket::copy_of(const QuorumPacket& packet) {
  OwnedPacket out{.bytes = encode_packet(packet), .packet = {}};
  auto decoded = jute::decode<QuorumPacket>(out.bytes.view());
  OKAPI_ASSERT(decoded.ok());
  out.packet = std::move(*decoded);
  return out;
}

PacketLink::PacketLink(std::unique_ptr<Stream> stream, const PacketLinkOptions& options)
    : stream_(std::move(stream)),
      parser_(options.packets),
      outbox_bytes_max_(options.outbox_bytes_max),
      read_bytes_max_(options.read_bytes_per_turn_max) {}

std::string PacketLink::peer() const {
  return fmt::format("{}:{}", stream_->peer().ip, stream_->peer().port);
}

Status PacketLink::read() {
  std::array<char, 64 * 1024> buffer;
  for (size_t total = 0; total < read_bytes_max_;) {
    IoResult result = stream_->read(buffer);
    if (result.state == IoState::kWouldBlock) return {};
    if (result.state != IoState::kOk) return ended(result, "read");
    ByteView bytes(buffer.data(), result.bytes);
    if (raw_) {
      raw_->append(bytes);
    } else {
      parser_.feed(bytes);
    }
    total += result.bytes;
  }
  return {};
}

Result<std::optional<QuorumPacket>> PacketLink::next() {
  OKAPI_ASSERT(!raw());
  return parser_.next();
}

void PacketLink::begin_raw() {
  OKAPI_ASSERT(!raw());
  raw_ = parser_.take_rest();
}

std::string PacketLink::take_raw() {
  OKAPI_ASSERT(raw());
  return std::exchange(*raw_, {});
}

void PacketLink::end_raw(ByteView rest) {
  OKAPI_ASSERT(raw() && raw_->empty());
  raw_.reset();
  parser_.feed(rest);
}

Status PacketLink::put(SharedBytes bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() > outbox_bytes_max_ - out_bytes_) {
    return Error{ErrorKind::kBusy, fmt::format("{} bytes wait for it to read", out_bytes_)};
  }
  out_bytes_ += bytes.size();
  out_.push_back(std::move(bytes));
  return {};
}

Status PacketLink::write() {
  if (out_bytes_ == 0) return {};
  std::array<ByteView, kPartsMax> parts;
  size_t count = 0, offered = 0;
  for (auto at = out_.begin(); at != out_.end() && count < kPartsMax; ++at) {
    parts[count++] = at->view();
    offered += at->size();
  }
  IoResult result = stream_->write(std::span(parts.data(), count));
  if (result.state == IoState::kWouldBlock) result = {.state = IoState::kOk, .bytes = 0};
  if (result.state != IoState::kOk) return ended(result, "write");
  OKAPI_ASSERT(result.bytes <= offered);
  blocked_ = result.bytes < offered;
  sent(result.bytes);
  return {};
}

void PacketLink::sent(size_t bytes) {
  out_bytes_ -= bytes;
  while (bytes > 0) {
    SharedBytes& front = out_.front();
    if (bytes < front.size()) {
      front = front.slice(bytes, front.size() - bytes);
      return;
    }
    bytes -= front.size();
    out_.pop_front();
  }
}

}  // namespace okapi
