// The syntax of java.util.Properties, in which zoo.cfg is written (configuration spec section 2):
// comments, continuations, escapes, three separators, ISO-8859-1 bytes. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace okapi {

// One entry, as UTF-8, not trimmed. Of entries with the same key the last one counts.
struct Property {
  std::string key, value;
  int line = 0;  // 1-based: the line on which the entry begins
};

struct JavaProperties {
  std::vector<Property> entries;  // in file order, repeats included
  // Line of a malformed \uXXXX, 0 if there is none. Then nothing after that line was read.
  int malformed_line = 0;
};

JavaProperties parse_java_properties(ByteView text);

// "key=value" that reads back as this entry, both UTF-8 and trimmed; what needs no escape has none.
// Compat: the reference writes no escapes at all and so loses backslashes.
std::string escaped_property(ByteView key, ByteView value);

// java.lang.String.trim: drops everything up to and including U+0020 at both ends.
ByteView java_trim(ByteView text);

}  // namespace okapi
