#include "server/config/java_properties.h"

#include <cstdint>
#include <optional>

#include "server/config/java_values.h"

namespace okapi {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Cuts text into logical lines: comments and blank lines dropped, continuations joined.
class LogicalLines {
 public:
  explicit LogicalLines(ByteView text) : text_(text) {}

  // The next logical line with its escapes still in it; false at the end.
  bool next(std::string& line, int& number) {
    while (at_ < text_.size()) {
      skip_blanks();
      number = line_;
      if (at_ < text_.size() && (text_[at_] == '#' || text_[at_] == '!')) {
        skip_to_next_line();
        continue;
      }
      line.clear();
      read_logical(line);
      if (!line.empty()) return true;
    }
    return false;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  void skip_to_next_line() {
    while (at_ < text_.size() && !is_line_end(text_[at_])) ++at_;
    end_line();
  }

  void end_line() {
    if (at_ >= text_.size()) return;
    at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
    ++line_;
  }

  // Appends natural lines until one does not end in a continuation.
  void read_logical(std::string& line) {
    for (;;) {
      bool escaped = false;
      while (at_ < text_.size() && !is_line_end(text_[at_])) {
        escaped = text_[at_] == '\\' && !escaped;
        line += text_[at_++];
      }
      bool more = at_ < text_.size();
      end_line();
      if (escaped) line.pop_back();
      if (!escaped || !more) return;
      skip_blanks();
    }
  }

  ByteView text_;
  size_t at_ = 0;
  int line_ = 1;
};

void append_utf8(std::string& out, uint32_t c) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::optional<uint32_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

// Four hex digits at `at`, which moves past them.
std::optional<uint32_t> utf16_unit(ByteView text, size_t& at) {
  if (text.size() - at < 4) return std::nullopt;
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    auto digit = hex_digit(text[at++]);
    if (!digit) return std::nullopt;
    unit = (unit << 4) | *digit;
  }
  return unit;
}

// Turns escapes into characters and Latin-1 into UTF-8; nothing if a \uXXXX is malformed.
std::optional<std::string> unescape(ByteView raw) {
  std::string out;
  for (size_t at = 0; at < raw.size();) {
    char c = raw[at++];
    if (c != '\\') {
      append_utf8(out, static_cast<uint8_t>(c));
      continue;
    }
    if (at == raw.size()) break;
    c = raw[at++];
    if (c != 'u') {
      c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
      append_utf8(out, static_cast<uint8_t>(c));
      continue;
    }
    auto unit = utf16_unit(raw, at);
    if (!unit) return std::nullopt;
    if (*unit >= 0xD800 && *unit < 0xDC00 && raw.substr(at, 2) == "\\u") {
      size_t after = at + 2;
      auto low = utf16_unit(raw, after);
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        at = after;
        append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
        continue;
      }
    }
    // A lone surrogate cannot be written as UTF-8; Java writes a question mark.
    append_utf8(out, *unit >= 0xD800 && *unit < 0xE000 ? '?' : *unit);
  }
  return out;
}

// Where the key ends, and where the value begins.
void split(ByteView line, size_t& key_end, size_t& value_begin) {
  size_t at = 0;
  bool escaped = false;
  while (at < line.size()) {
    char c = line[at];
    if (!escaped && (c == '=' || c == ':' || is_blank(c))) break;
    escaped = c == '\\' && !escaped;
    ++at;
  }
  key_end = at;
  while (at < line.size() && is_blank(line[at])) ++at;
  if (at < line.size() && (line[at] == '=' || line[at] == ':')) ++at;
  while (at < line.size() && is_blank(line[at])) ++at;
  value_begin = at;
}

void append_escaped(std::string& out, ByteView text, ByteView specials) {
  constexpr ByteView kHex = "0123456789ABCDEF";
  for (char16_t unit : to_utf16(text)) {
    if (unit < 0x20 || unit > 0x7E) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 0xF];
      continue;
    }
    char c = static_cast<char>(unit);
    if (c == '\\' || specials.find(c) != ByteView::npos) out += '\\';
    out += c;
  }
}

}  // namespace

JavaProperties parse_java_properties(ByteView text) {
  JavaProperties out;
  LogicalLines lines(text);
  std::string line;
  int number = 0;
  while (lines.next(line, number)) {
    size_t key_end = 0;
    size_t value_begin = 0;
    split(line, key_end, value_begin);
    auto key = unescape(ByteView(line).substr(0, key_end));
    auto value = unescape(ByteView(line).substr(value_begin));
    if (!key || !value) {
      out.malformed_line = number;
      return out;
    }
    out.entries.push_back({std::move(*key), std::move(*value), number});
  }
  return out;
}

std::string escaped_property(ByteView key, ByteView value) {
  std::string out;
  append_escaped(out, key, "=: #!");
  out += '=';
  append_escaped(out, value, "");
  return out;
}

ByteView java_trim(ByteView text) {
  auto drops = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && drops(text.front())) text.remove_prefix(1);
  while (!text.empty() && drops(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace okapi
