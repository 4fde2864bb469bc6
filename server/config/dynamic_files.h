// The files in which a membership lives beside the config file (peer-protocol spec 11.5), byte for
// byte as the reference writes them. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "server/config/quorum_config.h"

namespace okapi {

// `<config file>.dynamic.next`: what was proposed last.
std::string next_file_name(const std::string& config_file);

// The number in hexadecimal behind the last dot of a dynamic file's name; nothing without one.
std::optional<int64_t> version_of_file_name(const std::string& path);

}  // namespace okapi
