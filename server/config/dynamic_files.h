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

// `<config file>.dynamic.<version>`: what was committed, with the version in hexadecimal.
std::string dynamic_file_name(const std::string& config_file, int64_t version);

// The number in hexadecimal behind the last dot of a dynamic file's name; nothing without one.
std::optional<int64_t> version_of_file_name(const std::string& path);

// What the file of the committed membership holds: sorted lines without the version.
std::string dynamic_file_text(const QuorumConfig& config);
// What the file of the proposed one holds: the same with the version.
std::string next_file_text(const QuorumConfig& config);

// Whether the own client address stands in the dynamic file from now on.
bool client_address_moves(const QuorumConfig& config, ServerId own);

// The config file `text` without its membership, pointing to `dynamic_file` (an absolute path);
// without client port and address too if they moved. Comments and order are lost. kInvalid if the
// text has a malformed escape.
Result<std::string> static_file_text(ByteView text, const std::string& dynamic_file,
                                     bool client_address_moved);

}  // namespace okapi
