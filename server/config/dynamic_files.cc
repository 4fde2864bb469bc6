#include "server/config/dynamic_files.h"

#include "server/config/java_values.h"

namespace okapi {

std::string next_file_name(const std::string& config_file) { return config_file + ".dynamic.next"; }

std::optional<int64_t> version_of_file_name(const std::string& path) {
  size_t dot = path.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  return parse_java_hex_long(ByteView(path).substr(dot + 1));
}

}  // namespace okapi
