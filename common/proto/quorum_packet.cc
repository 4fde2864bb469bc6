#include "common/proto/quorum_packet.h"

#include <spdlog/fmt/fmt.h>

#include "common/base/assert.h"

namespace okapi {
namespace {

// Looks at lengths only: nothing is read or allocated that the bounds do not allow.
class LengthScan {
 public:
  explicit LengthScan(ByteView in) : in_(in) {}

  bool skip(size_t bytes) {
    if (in_.size() - at_ < bytes) return false;
    at_ += bytes;
    return true;
  }
  std::optional<int32_t> get_int() {
    if (in_.size() - at_ < 4) return std::nullopt;
    int32_t value = jute::InputArchive(in_.substr(at_, 4)).get_int();
    at_ += 4;
    return value;
  }
  size_t position() const { return at_; }

 private:
  ByteView in_;
  size_t at_ = 0;
};

Error bad_length(const char* what, int32_t length) {
  return {ErrorKind::kCorrupt, fmt::format("packet with {} of length {}", what, length)};
}

// One buffer; false = it has not wholly arrived.
Result<bool> skip_buffer(LengthScan& scan, uint32_t bytes_max, const char* what) {
  auto length = scan.get_int();
  if (!length.has_value()) return false;
  if (*length == -1) return true;
  if (*length < 0 || static_cast<uint32_t>(*length) > bytes_max) return bad_length(what, *length);
  return scan.skip(static_cast<size_t>(*length));
}

}  // namespace

std::string_view name_of(PacketType type) {
  static constexpr std::string_view kNames[] = {"REQUEST",
                                                "PROPOSAL",
                                                "ACK",
                                                "COMMIT",
                                                "PING",
                                                "REVALIDATE",
                                                "SYNC",
                                                "INFORM",
                                                "COMMITANDACTIVATE",
                                                "NEWLEADER",
                                                "FOLLOWERINFO",
                                                "UPTODATE",
                                                "DIFF",
                                                "TRUNC",
                                                "SNAP",
                                                "OBSERVERINFO",
                                                "LEADERINFO",
                                                "ACKEPOCH",
                                                "INFORMANDACTIVATE"};
  auto number = static_cast<int32_t>(type);
  if (number < 1 || number > static_cast<int32_t>(std::size(kNames))) return "unknown";
  return kNames[number - 1];
}

void write_packet_head(char* to, PacketType type, Zxid zxid, std::optional<size_t> data_bytes) {
  uint32_t number = __builtin_bswap32(static_cast<uint32_t>(type));
  uint64_t id = __builtin_bswap64(static_cast<uint64_t>(zxid.value()));
  // A null buffer has the length -1.
  uint32_t length = __builtin_bswap32(static_cast<uint32_t>(data_bytes.value_or(SIZE_MAX)));
  std::memcpy(to, &number, 4);
  std::memcpy(to + 4, &id, 8);
  std::memcpy(to + 12, &length, 4);
}

void write_packet_tail(char* to) { std::memset(to, 0xff, kPacketTailBytes); }

SharedBytes encode_packet(PacketType type, Zxid zxid, NullableView data) {
  size_t data_bytes = data.has_value() ? data->size() : 0;
  return SharedBytes::make(kPacketHeadBytes + data_bytes + kPacketTailBytes, [&](char* to) {
    write_packet_head(to, type, zxid, data.has_value() ? std::optional(data_bytes) : std::nullopt);
    if (data_bytes > 0) std::memcpy(to + kPacketHeadBytes, data->data(), data_bytes);
    write_packet_tail(to + kPacketHeadBytes + data_bytes);
  });
}

SharedBytes encode_packet(const QuorumPacket& packet) {
  return SharedBytes::copy_of(jute::encoded(packet));
}

std::optional<QuorumPacket> PacketWalk::next() {
  if (in_.rest().empty()) return std::nullopt;
  QuorumPacket packet;
  jute::get(in_, packet);
  OKAPI_ASSERT(in_.ok());
  packet.block = &batch_;
  return packet;
}

void PacketParser::feed(ByteView bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

// Length of the packet at the front of `in`, or nothing if it has not wholly arrived.
Result<std::optional<size_t>> PacketParser::packet_bytes(ByteView in) const {
  const std::optional<size_t> more;
  LengthScan scan(in);
  if (!scan.skip(4 + 8)) return more;
  auto data = skip_buffer(scan, limits_.data_bytes_max, "data");
  if (!data.ok()) return data.error();
  if (!*data) return more;
  auto count = scan.get_int();
  if (!count.has_value()) return more;
  if (*count < -1 || *count > limits_.auth_count_max)
    return bad_length("a row of identities", *count);
  for (int32_t i = 0; i < *count * 2; ++i) {
    auto text = skip_buffer(scan, limits_.auth_bytes_max, "an identity");
    if (!text.ok()) return text.error();
    if (!*text) return more;
  }
  return std::optional<size_t>(scan.position());
}

Result<PacketBatch> PacketParser::take() {
  PacketBatch batch;
  ByteView in = ByteView(buffer_).substr(at_);
  size_t end = 0;
  while (!failed_.has_value() && !batch.snapshot && end < kBatchBytes) {
    ByteView rest = in.substr(end);
    auto length = packet_bytes(rest);
    if (!length.ok()) {
      failed_ = length.error();
    } else if (!length->has_value()) {
      break;
    } else {
      batch.snapshot = jute::InputArchive(rest).get_int() == static_cast<int>(PacketType::kSnap);
      end += **length;
    }
  }
  if (end == 0 && failed_.has_value()) return *failed_;
  if (end == 0) return batch;
  batch.bytes = SharedBytes::copy_of(in.substr(0, end));
  at_ += end;
  return batch;
}

std::string PacketParser::take_rest() {
  std::string rest = buffer_.substr(at_);
  buffer_.clear();
  at_ = 0;
  return rest;
}

}  // namespace okapi
