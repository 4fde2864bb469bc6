// What the tests of this room share: parsing texts with a few further files at hand.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/config/config_parser.h"

namespace okapi {

using Files = std::map<std::string, std::string>;

inline ConfigFileReader reader_of(Files files) {
  return [files = std::move(files)](const std::string& path) {
    auto found = files.find(path);
    if (found == files.end()) return Result<std::optional<std::string>>(std::nullopt);
    return Result<std::optional<std::string>>(std::optional<std::string>(found->second));
  };
}

inline LoadedConfig parse(const std::string& text, const std::vector<std::string>& arguments = {},
                          Files files = {}) {
  std::vector<std::string> all = {"zoo.cfg"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  CommandLine line = parse_command_line(all, {});
  return parse_config("zoo.cfg", text, line, reader_of(std::move(files)));
}

// As parse(), with the one key that a config must have.
inline LoadedConfig parse_more(const std::string& text,
                               const std::vector<std::string>& arguments = {}, Files files = {}) {
  return parse("dataDir=/d\n" + text, arguments, std::move(files));
}

inline std::string failure_of(const LoadedConfig& loaded) {
  return loaded.failure ? loaded.failure->text : "";
}

inline bool warns(const LoadedConfig& loaded, const std::string& part) {
  for (const std::string& line : loaded.warnings) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace okapi
