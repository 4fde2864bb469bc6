// What is checked once all keys are read, in the reference's order (configuration spec 2.4), and
// what follows from several keys together. Used by the parser only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/config_key.h"
#include "server/config/config_parser.h"

namespace okapi {

// Why the server must not start, if so. Completes `draft.config`; notes go to `warnings`.
std::optional<StartFailure> check_config(ConfigDraft& draft, const std::string& file_name,
                                         const ConfigFileReader& read_file,
                                         std::vector<std::string>& warnings);

// The part that holds without a file too: session time-outs, log group times, whitelist, schemes.
std::optional<StartFailure> complete_settings(ConfigDraft& draft);

}  // namespace okapi
