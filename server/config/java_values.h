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

// Integer.decode / Long.decode: as above, and 0x…, #… (hexadecimal) and a leading 0 (octal).
std::optional<int32_t> decode_java_int(ByteView text);
std::optional<int64_t> decode_java_long(ByteView text);

// Double.parseDouble, finite values only.
std::optional<double> parse_java_double(ByteView text);

// "true" or "false" in any case.
std::optional<bool> parse_strict_bool(ByteView text);
// Boolean.parseBoolean: "true" in any case, all else is false.
bool parse_lenient_bool(ByteView text);

bool equals_ignoring_case(ByteView a, ByteView b);
std::string to_lower(ByteView text);

// Items between commas, trimmed, empty ones dropped.
std::vector<std::string> split_list(ByteView text);

}  // namespace okapi
