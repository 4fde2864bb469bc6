#include "common/proto/path.h"

#include <cstdint>
#include <cstring>

namespace okapi {
namespace {

constexpr uint32_t kMalformed = 0xFFFD;

// Decodes one code point at `at` and moves past it. Malformed input gives U+FFFD and moves past the
// longest prefix that could have begun a character, as Java's decoder does.
uint32_t next_code_point(ByteView text, size_t& at) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  int more = 0;
  uint32_t low = 0x80;   // bounds of the second byte, which exclude overlong forms
  uint32_t high = 0xBF;  // and what lies above U+10FFFF
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) low = 0xA0;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return kMalformed;
  }
  uint32_t value = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || byte(at) < low || byte(at) > high) return kMalformed;
    value = (value << 6) | (byte(at++) & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  // A surrogate of three bytes is replaced as one.
  return value >= 0xD800 && value <= 0xDFFF ? kMalformed : value;
}

void append_three_bytes(std::string& out, uint32_t unit) {
  out += static_cast<char>(0xE0 | (unit >> 12));
  out += static_cast<char>(0x80 | ((unit >> 6) & 0x3F));
  out += static_cast<char>(0x80 | (unit & 0x3F));
}

bool is_forbidden(uint32_t c) {
  return (c >= 0x01 && c <= 0x1F) || (c >= 0x7F && c <= 0x9F) || (c >= 0xD800 && c <= 0xF8FF) ||
         (c >= 0xFFF0 && c <= 0xFFFF) || c > 0xFFFF;
}

// Whether the eight bytes at `at` are all letters, digits or what stands between and behind them in
// ASCII: nothing that a path may not have, and no '.' or '/'.
bool plain_word_at(ByteView path, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x80 * kOnes;
  constexpr uint64_t kZeros = '0' * kOnes;
  uint64_t word;
  std::memcpy(&word, path.data() + at, sizeof word);
  bool below = ((word - kZeros) & ~word & kHighs) != 0;
  bool above = ((word | (word + kOnes)) & kHighs) != 0;  // DEL and beyond
  return !below && !above;
}

const char* component_error(ByteView component) {
  if (component.empty()) return "empty node name specified";
  if (component == "." || component == "..") return "relative paths not allowed";
  return nullptr;
}

}  // namespace

const char* path_error(ByteView path) {
  if (path.empty()) return "Path length must be > 0";
  if (path.front() != '/') return "Path must start with / character";
  if (path.size() == 1) return nullptr;
  if (path.back() == '/') return "Path must not end with / character";
  size_t component_begin = 1;
  for (size_t at = 1; at < path.size();) {
    if (path.size() - at >= 8 && plain_word_at(path, at)) {
      at += 8;
      continue;
    }
    auto c = static_cast<unsigned char>(path[at]);
    if (c == '/') {
      const char* error = component_error(path.substr(component_begin, at - component_begin));
      if (error != nullptr) return error;
      component_begin = ++at;
      continue;
    }
    if (c == 0) return "null character not allowed";
    if (c >= 0x20 && c < 0x7F) {
      ++at;
      continue;
    }
    if (is_forbidden(next_code_point(path, at))) return "invalid character";
  }
  return component_error(path.substr(component_begin));
}

ByteView parent_of(ByteView path) {
  size_t slash = path.rfind('/');
  return slash == ByteView::npos ? ByteView() : path.substr(0, slash);
}

ByteView name_of_path(ByteView path) {
  size_t slash = path.rfind('/');
  return slash == ByteView::npos ? path : path.substr(slash + 1);
}

bool is_at_or_below(ByteView path, ByteView prefix) {
  if (prefix == kRootPath || prefix.empty()) return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

ByteView namespace_of(ByteView path) {
  if (path.empty() || path.front() != '/') return ByteView();
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

bool is_well_formed_utf8(ByteView text) {
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    // A real U+FFFD in the text is three bytes long and well formed.
    if (next_code_point(text, at) == kMalformed && text.substr(begin, 3) != "\xEF\xBF\xBD") {
      return false;
    }
  }
  return true;
}

std::string with_malformed_replaced(ByteView text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    if (next_code_point(text, at) == kMalformed) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out;
}

std::string as_java_writes(ByteView text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    uint32_t c = next_code_point(text, at);
    if (c == kMalformed) {
      out += "\xEF\xBF\xBD";
    } else if (c > 0xFFFF) {
      append_three_bytes(out, 0xD800 + ((c - 0x10000) >> 10));
      append_three_bytes(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out;
}

}  // namespace okapi
