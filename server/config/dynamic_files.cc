#include "server/config/dynamic_files.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/config/java_hash_order.h"
#include "server/config/java_properties.h"
#include "server/config/java_values.h"

namespace okapi {
namespace {

std::string joined(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

// Whether the reference drops the key from the config file.
bool is_dropped(ByteView key, bool client_address_moved) {
  if (is_member_key(key)) return true;
  if (key.starts_with("dynamicConfigFile") || key.starts_with("peerType")) return true;
  // Compat: clientPortListenBacklog goes too.
  return client_address_moved && key.starts_with("clientPort");
}

}  // namespace

std::string next_file_name(const std::string& config_file) { return config_file + ".dynamic.next"; }

std::string dynamic_file_name(const std::string& config_file, int64_t version) {
  return config_file + ".dynamic." + to_java_hex(version);
}

std::optional<int64_t> version_of_file_name(const std::string& path) {
  size_t dot = path.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  auto version = parse_java_hex_long(ByteView(path).substr(dot + 1));
  return version && *version >= 0 ? version : std::nullopt;
}

std::string dynamic_file_text(const QuorumConfig& config) {
  std::vector<std::string> lines = java_split(config.text(), '\n');
  lines.pop_back();
  return joined(std::move(lines));
}

std::string next_file_text(const QuorumConfig& config) {
  return joined(java_split(config.text(), '\n'));
}

bool client_address_moves(const QuorumConfig& config, ServerId own) {
  const QuorumServer* member = config.find(own);
  return member != nullptr && member->client && !member->client_from_static;
}

Result<std::string> static_file_text(ByteView text, const std::string& dynamic_file,
                                     bool client_address_moved) {
  JavaProperties properties = parse_java_properties(text);
  if (properties.malformed_line != 0) {
    return Error{ErrorKind::kInvalid, "line " + std::to_string(properties.malformed_line) +
                                          ": Malformed \\uxxxx encoding."};
  }
  // A key that comes again keeps its first place and has its last value.
  std::vector<std::string> keys;
  std::map<std::string, std::string> values;
  for (Property& entry : properties.entries) {
    if (!values.contains(entry.key)) keys.push_back(entry.key);
    values[entry.key] = std::move(entry.value);
  }
  std::string out;
  for (size_t position : java_properties_order(keys)) {
    ByteView key = java_trim(keys[position]);
    if (is_dropped(key, client_address_moved)) continue;
    out += escaped_property(key, java_trim(values[keys[position]])) + "\n";
  }
  return out + escaped_property("dynamicConfigFile", dynamic_file) + "\n";
}

}  // namespace okapi
