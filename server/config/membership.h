// What the config file, its dynamic file and myid say about the ensemble and our place in it
// (configuration spec 2.1 to 2.4). Used by the parser only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/config_key.h"
#include "server/config/config_parser.h"

namespace okapi {

// Why the server must not start, if so. Completes `draft.config.quorum`, the ids and the client
// address; the checks come in the reference's order, notes go to `warnings`.
std::optional<StartFailure> read_membership(ConfigDraft& draft, const std::string& file_name,
                                            const ConfigFileReader& read_file,
                                            std::vector<std::string>& warnings);

}  // namespace okapi
