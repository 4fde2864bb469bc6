// From zoo.cfg, -D properties and arguments to a ServerConfig (configuration spec sections 2, 4 to
// 6, 9, 10). Pure but for the reader of further files that the caller hands in. Runs once, in main.
//
// Precedence: keys that the parser knows itself (table 4) come from the file only; keys that become
// properties (table 5) from the file, else from -D, else the default.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/env/disk.h"
#include "server/config/command_line.h"
#include "server/config/server_config.h"

namespace okapi {

struct LoadedConfig {
  ServerConfig config;
  // Lines for the log, in order; none holds a secret.
  std::vector<std::string> warnings;
  // Set when the server must not start. The text is `FILE:LINE: KEY=VALUE: reason` where a line is
  // to blame; `config` is then not to be used.
  std::optional<StartFailure> failure;

  bool ok() const { return !failure.has_value(); }
};

// Reads a whole small file; nothing if it does not exist. Used for myid and the dynamic file.
using ConfigFileReader = std::function<Result<std::optional<std::string>>(const std::string& path)>;

// Parses the text of a config file as `file_name`.
LoadedConfig parse_config(const std::string& file_name, ByteView text, const CommandLine& line,
                          const ConfigFileReader& read_file);

// The config that a command line asks for: a file, the embedded sample, or plain arguments.
LoadedConfig load_config(const CommandLine& line, Disk& disk);

// The text of conf/zoo_sample.cfg, used by --default.
std::string_view sample_config_text();

}  // namespace okapi
