// Paths of znodes: validation and splitting (client-protocol spec section 4). Pure functions.
#pragma once

#include "common/base/bytes.h"

namespace okapi {

inline constexpr ByteView kRootPath = "/";
inline constexpr ByteView kZooKeeperPath = "/zookeeper";
inline constexpr ByteView kQuotaPath = "/zookeeper/quota";
inline constexpr ByteView kConfigPath = "/zookeeper/config";
inline constexpr ByteView kQuotaLimitsName = "zookeeper_limits";
inline constexpr ByteView kQuotaStatsName = "zookeeper_stats";

// Null if the path is valid, else why not. As the reference's PathUtils on UTF-16 units.
const char* path_error(ByteView path);
inline bool is_valid_path(ByteView path) { return path_error(path) == nullptr; }

// Text before the last '/', "" for children of the root and for the root itself.
ByteView parent_of(ByteView path);
// Text after the last '/'.
ByteView name_of_path(ByteView path);
// Whether `path` is `prefix` or lies below it, by components.
bool is_at_or_below(ByteView path, ByteView prefix);
// The name a first path component gives in metrics: "/a/b" is "a"; "" for "/".
ByteView namespace_of(ByteView path);

// Malformed UTF-8 replaced by U+FFFD, as Java decodes it.
std::string with_malformed_replaced(ByteView text);
// Compat: what comes back of a string that a Java server decoded and wrote again: it writes each
// UTF-16 unit by itself, so beyond U+FFFF six bytes instead of four (tests/compat/differential).
std::string as_java_writes(ByteView text);
bool is_well_formed_utf8(ByteView text);

}  // namespace okapi
