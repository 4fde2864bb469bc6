// Numbers and booleans as the reference reads them: strictly in zoo.cfg, leniently in system
// properties (configuration spec section 2). Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace okapi {

// Integer.parseInt / Long.parseLong: an optional sign and decimal digits, nothing else.
std::optional<int32_t> parse_java_int(ByteView text);
std::optional<int64_t> parse_java_long(ByteView text);

// Long.parseLong(text, 16): an optional sign and hexadecimal digits.
std::optional<int64_t> parse_java_hex_long(ByteView text);
// Long.toHexString: the bits of `value`, lower case, without leading zeros.
std::string to_java_hex(int64_t value);

// Integer.decode / Long.decode: as above, and 0x…, #… (hexadecimal) and a leading 0 (octal).
std::optional<int32_t> decode_java_int(ByteView text);
std::optional<int64_t> decode_java_long(ByteView text);

// Double.parseDouble, finite values only.
std::optional<double> parse_java_double(ByteView text);

// "true" or "false" in any case.
std::optional<bool> parse_strict_bool(ByteView text);
// Boolean.parseBoolean: "true" in any case, all else is false.
bool parse_lenient_bool(ByteView text);

// The units of a Java string.
std::u16string to_utf16(ByteView utf8);

bool equals_ignoring_case(ByteView a, ByteView b);
std::string to_lower(ByteView text);

// String.split of one character: empty pieces at the end are dropped, but for the first.
std::vector<std::string> java_split(ByteView text, char at);

// Items between commas, trimmed, empty ones dropped.
std::vector<std::string> split_list(ByteView text);

}  // namespace okapi
