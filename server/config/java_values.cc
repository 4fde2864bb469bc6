#include "server/config/java_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "server/config/java_properties.h"

namespace okapi {
namespace {

// Digits of `radix` after an optional sign that the caller has taken off.
std::optional<int64_t> parse_magnitude(ByteView digits, bool negative, int radix) {
  if (digits.empty() || digits.front() == '-' || digits.front() == '+') return std::nullopt;
  uint64_t magnitude = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, radix);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
}

bool take_sign(ByteView& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

std::optional<int32_t> narrow(std::optional<int64_t> value) {
  if (!value || *value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

}  // namespace

std::optional<int64_t> parse_java_long(ByteView text) {
  bool negative = take_sign(text);
  return parse_magnitude(text, negative, 10);
}

std::optional<int32_t> parse_java_int(ByteView text) { return narrow(parse_java_long(text)); }

std::optional<int64_t> parse_java_hex_long(ByteView text) {
  bool negative = take_sign(text);
  return parse_magnitude(text, negative, 16);
}

std::string to_java_hex(int64_t value) {
  std::array<char, 16> digits{};
  auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<uint64_t>(value), 16);
  return {digits.data(), end};
}

std::optional<int64_t> decode_java_long(ByteView text) {
  bool negative = take_sign(text);
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return parse_magnitude(text.substr(2), negative, 16);
  }
  if (text.starts_with("#")) return parse_magnitude(text.substr(1), negative, 16);
  if (text.size() > 1 && text.starts_with("0")) {
    return parse_magnitude(text.substr(1), negative, 8);
  }
  return parse_magnitude(text, negative, 10);
}

std::optional<int32_t> decode_java_int(ByteView text) { return narrow(decode_java_long(text)); }

std::optional<double> parse_java_double(ByteView text) {
  text = java_trim(text);
  if (text.starts_with("+")) {
    text.remove_prefix(1);
    if (text.starts_with("-")) return std::nullopt;
  }
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::u16string to_utf16(ByteView utf8) {
  auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<uint8_t>(utf8[at])); };
  std::u16string out;
  for (size_t at = 0; at < utf8.size();) {
    uint32_t code = byte(at++);
    if (code >= 0xC0) code &= code < 0xE0 ? 0x1F : code < 0xF0 ? 0x0F : 0x07;
    for (; at < utf8.size() && (byte(at) & 0xC0) == 0x80; ++at)
      code = code << 6 | (byte(at) & 0x3F);
    if (code >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + (((code - 0x10000) >> 10) & 0x3FF));
      code = 0xDC00 + (code & 0x3FF);
    }
    out += static_cast<char16_t>(code);
  }
  return out;
}

bool equals_ignoring_case(ByteView a, ByteView b) { return to_lower(a) == to_lower(b); }

std::string to_lower(ByteView text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<bool> parse_strict_bool(ByteView text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

bool parse_lenient_bool(ByteView text) { return equals_ignoring_case(text, "true"); }

std::vector<std::string> java_split(ByteView text, char at) {
  std::vector<std::string> out;
  for (;;) {
    size_t end = text.find(at);
    out.emplace_back(text.substr(0, end));
    if (end == ByteView::npos) break;
    text.remove_prefix(end + 1);
  }
  while (out.size() > 1 && out.back().empty()) out.pop_back();
  return out;
}

std::vector<std::string> split_list(ByteView text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t comma = text.find(',');
    ByteView item = java_trim(text.substr(0, comma));
    if (!item.empty()) out.emplace_back(item);
    text = comma == ByteView::npos ? ByteView() : text.substr(comma + 1);
  }
  return out;
}

}  // namespace okapi
