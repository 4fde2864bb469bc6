// Bytes as specifications write them.
#pragma once

#include <string>

namespace okapi {

// Two digits a byte; blanks anywhere between.
inline std::string unhex(const std::string& text) {
  std::string out, digits;
  for (char c : text) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    out.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

}  // namespace okapi
