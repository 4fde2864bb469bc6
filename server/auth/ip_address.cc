#include "server/auth/ip_address.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "server/config/java_values.h"

namespace okapi {
namespace {

constexpr size_t kGroups = 8;

std::optional<IpAddress> parse_v4(ByteView text) {
  IpAddress out;
  for (size_t i = 0; i < 4; ++i) {
    size_t dot = text.find('.');
    bool last = i == 3;
    if ((dot == ByteView::npos) != last) return std::nullopt;
    auto number = parse_java_int(text.substr(0, dot));
    if (!number || *number < 0 || *number > 255) return std::nullopt;
    out.bytes[i] = static_cast<uint8_t>(*number);
    if (!last) text.remove_prefix(dot + 1);
  }
  return out;
}

// Groups of one to four hexadecimal digits between colons; nothing for more than `to` holds.
std::optional<size_t> parse_groups(ByteView text, std::span<uint16_t> to) {
  if (text.empty()) return 0;
  size_t count = 0;
  for (;;) {
    size_t colon = text.find(':');
    ByteView group = text.substr(0, colon);
    if (count == to.size() || group.empty() || group.size() > 4) return std::nullopt;
    uint16_t value = 0;
    auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc() || end != group.data() + group.size()) return std::nullopt;
    to[count++] = value;
    if (colon == ByteView::npos) return count;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpAddress> parse_v6(ByteView text) {
  std::array<uint16_t, kGroups> before{};
  std::array<uint16_t, kGroups> after{};
  size_t gap = text.find("::");
  auto head = parse_groups(text.substr(0, gap), before);
  if (!head) return std::nullopt;
  size_t tail = 0;
  if (gap == ByteView::npos) {
    if (*head != kGroups) return std::nullopt;
  } else {
    auto count = parse_groups(text.substr(gap + 2), after);
    if (!count || *head + *count >= kGroups) return std::nullopt;
    tail = *count;
  }
  std::array<uint16_t, kGroups> groups = before;
  std::copy_n(after.begin(), tail, groups.end() - static_cast<std::ptrdiff_t>(tail));
  IpAddress out;
  out.length = 16;
  for (size_t i = 0; i < kGroups; ++i) {
    out.bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    out.bytes[2 * i + 1] = static_cast<uint8_t>(groups[i] & 0xFF);
  }
  return out;
}

bool is_mapped_v4(const IpAddress& address) {
  return address.length == 16 &&
         std::all_of(address.bytes.begin(), address.bytes.begin() + 10,
                     [](uint8_t byte) { return byte == 0; }) &&
         address.bytes[10] == 0xFF && address.bytes[11] == 0xFF;
}

std::string v4_text(const uint8_t* bytes) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += (i == 0 ? "" : ".") + std::to_string(bytes[i]);
  return out;
}

}  // namespace

std::optional<IpAddress> parse_ip(ByteView text) {
  return text.find(':') == ByteView::npos ? parse_v4(text) : parse_v6(text);
}

std::string java_host_address(ByteView socket_address) {
  ByteView zone;
  ByteView text = socket_address;
  if (size_t percent = text.find('%'); percent != ByteView::npos) {
    zone = text.substr(percent);
    text = text.substr(0, percent);
  }
  // The system writes an IPv4 address inside IPv6 with a dotted tail.
  constexpr ByteView kMapped = "::ffff:";
  if (text.starts_with(kMapped) && text.find('.') != ByteView::npos) {
    return std::string(text.substr(kMapped.size()));
  }
  auto address = parse_ip(text);
  if (!address || address->length == 4) return std::string(socket_address);
  if (is_mapped_v4(*address)) return v4_text(address->bytes.data() + 12);
  std::string out;
  for (size_t i = 0; i < kGroups; ++i) {
    unsigned group = static_cast<unsigned>(address->bytes[2 * i]) << 8 | address->bytes[2 * i + 1];
    char digits[4];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, group, 16);
    if (i > 0) out += ':';
    out.append(digits, end);
  }
  return out + std::string(zone);
}

}  // namespace okapi
