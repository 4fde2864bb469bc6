// Bytes as the specs print them.
#pragma once

#include <string>
#include <string_view>

namespace okapi {

// Blanks are skipped; the rest is pairs of hexadecimal digits.
inline std::string from_hex(std::string_view text) {
  std::string digits, out;
  for (char c : text) {
    if (c != ' ') digits += c;
  }
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return out;
}

}  // namespace okapi
