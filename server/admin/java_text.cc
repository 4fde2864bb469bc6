#include "server/admin/java_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "server/auth/ip_address.h"

namespace okapi {
namespace {

// Shortest digits that read back as the value, and the decimal exponent of the first one.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal shortest(double value) {
  std::array<char, 64> text{};
  auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  std::string_view all(text.data(), static_cast<size_t>(end - text.data()));
  size_t e = all.find('e');
  Decimal out;
  for (char c : all.substr(0, e)) {
    if (c != '.') out.digits += c;
  }
  std::string_view exponent = all.substr(e + 1);
  if (exponent.starts_with("+")) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  return out;
}

}  // namespace

std::string java_double(double value) {
  if (std::isnan(value)) return "NaN";
  std::string sign = std::signbit(value) ? "-" : "";
  double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return sign + "Infinity";
  if (magnitude == 0) return sign + "0.0";
  Decimal decimal = shortest(magnitude);
  std::string& digits = decimal.digits;
  if (magnitude < 1e-3 || magnitude >= 1e7) {
    std::string rest = digits.size() > 1 ? digits.substr(1) : "0";
    return sign + digits[0] + "." + rest + "E" + std::to_string(decimal.exponent);
  }
  if (decimal.exponent < 0) {
    return sign + "0." + std::string(static_cast<size_t>(-decimal.exponent - 1), '0') + digits;
  }
  auto whole = static_cast<size_t>(decimal.exponent) + 1;
  if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

double rounded_to_4_decimals(double value) {
  constexpr double kExactFrom = 1e15;  // no fraction that matters beyond
  if (!std::isfinite(value) || std::fabs(value) >= kExactFrom) return value;
  // The exact decimal digits decide: printf alone rounds ties to even.
  std::array<char, 128> text{};
  int size = std::snprintf(text.data(), text.size(), "%.60f", std::fabs(value));
  std::string_view all(text.data(), static_cast<size_t>(size));
  size_t point = all.find('.');
  bool up = all[point + 5] >= '5';
  int64_t scaled = 0;
  for (char c : all.substr(0, point + 5)) {
    if (c != '.') scaled = scaled * 10 + (c - '0');
  }
  if (up) ++scaled;
  std::string digits = std::to_string(scaled) + "e-4";
  double rounded = std::strtod(digits.c_str(), nullptr);
  return std::signbit(value) ? -rounded : rounded;
}

std::string hex(int64_t value) {
  std::array<char, 16> text{};
  auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<uint64_t>(value), 16);
  return std::string(text.data(), end);
}

std::string java_date(WallTime time, const TimeZone& zone) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using std::chrono::floor;
  std::chrono::sys_time<Millis> point(Millis(time.ms));
  auto seconds = floor<std::chrono::seconds>(point) + std::chrono::seconds(zone.offset_s);
  auto day = floor<std::chrono::days>(seconds);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(seconds - day);
  std::array<char, 96> text{};
  int size = std::snprintf(
      text.data(), text.size(), "%s %s %02u %02d:%02d:%02d %s %04d",
      kDays[std::chrono::weekday(day).c_encoding()],
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), zone.name.c_str(), static_cast<int>(date.year()));
  return std::string(text.data(), std::min(static_cast<size_t>(size), text.size() - 1));
}

std::string java_socket_address(ByteView ip, int32_t port) {
  std::string host = java_host_address(ip);
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "/" + host + ":" + std::to_string(port);
}

}  // namespace okapi
