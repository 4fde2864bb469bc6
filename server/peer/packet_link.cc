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
// Packets up to this size are gathered in one piece: a copy costs less than a part of its own.
constexpr size_t kGatheredBytes = 4 * 1024;
// A piece to which nothing is added any more.
constexpr size_t kPieceBytes = 64 * 1024;

Error ended(const IoResult& result, const char* doing) {
  if (result.state == IoState::kClosed) return {ErrorKind::kClosed, "closed by the peer"};
  return {ErrorKind::kIo, fmt::format("{}: {}", doing, std::strerror(result.error))};
}

}  // namespace

bool PacketLink::Piece::takes(size_t bytes) const {
  return shared.empty() && gathered.size() + bytes <= kPieceBytes;
}

bool any_readable(Poller& poller) {
  std::span<const Readiness> ready = poller.ready();
  return std::any_of(ready.begin(), ready.end(), [](const Readiness& one) { return one.readable; });
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
    // The poller is level-triggered: what comes after a short read is told again.
    if (result.bytes < buffer.size()) return {};
  }
  return {};
}

Result<PacketBatch> PacketLink::take() {
  OKAPI_ASSERT(!raw());
  return parser_.take();
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
  if (bytes.size() > kGatheredBytes) {
    out_.push_back({.gathered = {}, .shared = std::move(bytes)});
    return {};
  }
  if (out_.empty() || !out_.back().takes(bytes.size())) {
    out_.push_back({.gathered = std::exchange(spare_, {}), .shared = {}});
  }
  out_.back().gathered += bytes.view();
  return {};
}

Status PacketLink::write() {
  if (out_bytes_ == 0) return {};
  std::array<ByteView, kPartsMax> parts;
  size_t count = 0, offered = 0;
  for (auto at = out_.begin(); at != out_.end() && count < kPartsMax; ++at) {
    parts[count] = at->view();
    if (count == 0) parts[count].remove_prefix(front_sent_);
    offered += parts[count++].size();
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
  front_sent_ += bytes;
  while (!out_.empty() && front_sent_ >= out_.front().view().size()) {
    front_sent_ -= out_.front().view().size();
    spare_ = std::move(out_.front().gathered);
    spare_.clear();
    out_.pop_front();
  }
}

}  // namespace okapi
