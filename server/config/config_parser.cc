#include "server/config/config_parser.h"

#include <algorithm>
#include <map>

#include "common/env/small_file.h"
#include "server/config/config_checks.h"
#include "server/config/config_key.h"
#include "server/config/java_properties.h"
#include "server/config/java_values.h"
#include "server/config/membership.h"

namespace okapi {
namespace {

constexpr std::string_view kPrefix = "zookeeper.";

// Goes through the file and the -D properties once and sorts what it finds into a draft.
class KeyReader {
 public:
  explicit KeyReader(LoadedConfig& out) : out_(out) {}

  ConfigDraft& draft() { return draft_; }

  // False when the server must not start: then out.failure says why.
  bool read_file(const std::string& file_name, ByteView text);
  bool read_properties(const std::vector<std::pair<std::string, std::string>>& properties);
  // Puts what was set into `config.properties`.
  void publish_properties(ServerConfig& config) const;

 private:
  struct Place {
    std::string text;  // "FILE:LINE: " or "-D"
    std::string name;
    std::string_view value;
  };

  bool read_key(const std::string& file_name, const Property& entry, bool dynamic);
  bool read_property(const std::string& name, std::string_view value);
  bool read_prefixed(const Place& place, std::string_view name, bool from_file);
  // What a setter said of a value; false ends the start.
  bool judge(const Place& place, const ConfigKey& key, bool bad_is_fatal);
  bool judge(const Place& place, const Verdict& verdict, bool bad_is_fatal);
  bool fail(const Place& place, const std::string& why);
  void warn(std::string line) { out_.warnings.push_back(std::move(line)); }

  static std::string shown(const Place& place) {
    std::string value =
        is_secret_name(place.name) ? std::string(kHiddenValue) : printable(place.value);
    return place.text + printable(place.name) + "=" + value;
  }

  LoadedConfig& out_;
  ConfigDraft draft_;
  std::map<std::string, std::string> properties_;  // by full name
};

bool KeyReader::fail(const Place& place, const std::string& why) {
  out_.failure = StartFailure{ExitCode::kInvalidInvocation, shown(place) + ": " + why};
  return false;
}

bool KeyReader::judge(const Place& place, const Verdict& verdict, bool bad_is_fatal) {
  switch (verdict.kind) {
    case Verdict::Kind::kTaken:
      if (!verdict.why.empty()) warn(shown(place) + ": " + verdict.why);
      return true;
    case Verdict::Kind::kIgnored:
      warn("ignored: " + printable(place.name) + " has no effect in this server");
      return true;
    case Verdict::Kind::kBad:
      if (bad_is_fatal) return fail(place, verdict.why);
      warn(shown(place) + ": " + verdict.why + "; the default stays");
      return true;
    case Verdict::Kind::kNotBool:
      return fail(place, "Invalid option " + printable(place.value) + " for " +
                             printable(place.name) + ". Choose 'true' or 'false.'");
    case Verdict::Kind::kRefused:
      return fail(place, verdict.why);
  }
  return true;
}

bool KeyReader::judge(const Place& place, const ConfigKey& key, bool bad_is_fatal) {
  Verdict verdict = key.set == nullptr ? ignored() : key.set(draft_, place.value);
  return judge(place, verdict, bad_is_fatal || key.fatal);
}

bool KeyReader::read_file(const std::string& file_name, ByteView text) {
  JavaProperties properties = parse_java_properties(text);
  if (properties.malformed_line != 0) {
    out_.failure = StartFailure{ExitCode::kInvalidInvocation,
                                file_name + ":" + std::to_string(properties.malformed_line) +
                                    ": Malformed \\uxxxx encoding."};
    return false;
  }
  std::map<std::string, size_t> last;  // where each key stands for the last time
  for (size_t i = 0; i < properties.entries.size(); ++i) {
    Property& entry = properties.entries[i];
    entry.key = std::string(java_trim(entry.key));
    entry.value = std::string(java_trim(entry.value));
    last[entry.key] = i;
  }
  bool dynamic = last.contains("dynamicConfigFile");
  for (size_t i = 0; i < properties.entries.size(); ++i) {
    const Property& entry = properties.entries[i];
    size_t counts = last[entry.key];
    if (counts != i) {
      warn(file_name + ":" + std::to_string(entry.line) + ": " + printable(entry.key) +
           " is set again in line " + std::to_string(properties.entries[counts].line) +
           ", which counts");
      continue;
    }
    if (!read_key(file_name, entry, dynamic)) return false;
  }
  return true;
}

bool KeyReader::read_key(const std::string& file_name, const Property& entry, bool dynamic) {
  const std::string& key = entry.key;
  Place place{file_name + ":" + std::to_string(entry.line) + ": ", key, entry.value};
  if (is_member_key(key) && !find_property_key(key)) {
    if (dynamic) {
      return fail(place,
                  "parameter: " + printable(key) + " must be in a separate dynamic config file");
    }
    draft_.member_lines.push_back({key, entry.value, place.text});
    return true;
  }
  if (key == "version") {  // of a membership kept in this file
    if (!dynamic) draft_.member_lines.push_back({key, entry.value, place.text});
    return true;
  }
  if (const ConfigKey* known = find_file_key(key)) {
    // A property of the same name does not count any more.
    if (find_property_key(key)) properties_[std::string(kPrefix) + key] = entry.value;
    return judge(place, *known, true);
  }
  if (key.starts_with("metricsProvider.")) return judge(place, ignored(), false);
  if (const ConfigKey* known = find_bare_key(key)) {
    warn(place.text + key + " counts here; the reference takes it as -D only");
    properties_[key] = entry.value;
    return judge(place, *known, false);
  }
  if (key.starts_with(kPrefix)) {
    warn(place.text + printable(key) + " has no effect: the key is without \"" +
         std::string(kPrefix) + "\"");
    return true;
  }
  properties_[std::string(kPrefix) + key] = entry.value;
  return read_prefixed(place, key, true);
}

bool KeyReader::read_prefixed(const Place& place, std::string_view name, bool from_file) {
  if (const ConfigKey* known = find_property_key(name)) return judge(place, *known, false);
  if (auto verdict = set_property_family(name, place.value)) return judge(place, *verdict, false);
  if (from_file) {
    warn(place.text + "unknown configuration key " + printable(name) + " (kept as " +
         std::string(kPrefix) + printable(name) + ")");
  } else if (find_file_key(name) != nullptr) {
    warn("-D" + printable(place.name) + " has no effect: " + printable(name) +
         " counts in the file only");
  } else {
    warn("-D" + printable(place.name) + ": unknown property");
  }
  return true;
}

bool KeyReader::read_properties(
    const std::vector<std::pair<std::string, std::string>>& properties) {
  std::map<std::string, size_t> last;
  for (size_t i = 0; i < properties.size(); ++i) last[properties[i].first] = i;
  for (size_t i = 0; i < properties.size(); ++i) {
    const auto& [name, value] = properties[i];
    if (last[name] != i) continue;
    // The file was read first and wins.
    if (!properties_.emplace(name, value).second) {
      warn("-D" + printable(name) + " has no effect: the file sets it");
      continue;
    }
    if (!read_property(name, value)) return false;
  }
  return true;
}

bool KeyReader::read_property(const std::string& name, std::string_view value) {
  Place place{"-D", name, value};
  if (name.starts_with(kPrefix)) {
    return read_prefixed(place, std::string_view(name).substr(kPrefix.size()), false);
  }
  if (const ConfigKey* known = find_bare_key(name)) return judge(place, *known, false);
  // The old spelling; the prefixed one wins.
  if (name == "fsync.warningthresholdms" && !properties_.contains(std::string(kPrefix) + name)) {
    return read_prefixed(place, name, false);
  }
  return judge(place, ignored(), false);
}

void KeyReader::publish_properties(ServerConfig& config) const {
  for (const auto& [name, value] : properties_) {
    config.properties.emplace_back(name, is_secret_name(name) ? std::string(kHiddenValue) : value);
  }
}

LoadedConfig from_arguments(const CommandLine& line) {
  LoadedConfig out;
  KeyReader keys(out);
  if (!keys.read_properties(line.properties)) return out;
  ServerConfig& config = keys.draft().config;
  auto fail = [&](const std::string& why) {
    out.failure =
        StartFailure{ExitCode::kInvalidInvocation, why + "\n" + std::string(usage_text())};
  };
  auto number = [&](size_t at, int32_t& to) {
    auto value = parse_java_int(line.arguments[at]);
    if (!value) fail("For input string: \"" + printable(line.arguments[at]) + "\"");
    to = value.value_or(0);
    return value.has_value();
  };
  int32_t port = 0;
  if (!number(0, port)) return out;
  if (port < 0 || port > 65535) {
    fail("port out of range:" + std::to_string(port));
    return out;
  }
  config.client.address = HostPort{.host = {}, .port = static_cast<uint16_t>(port)};
  config.storage.data_dir = line.arguments[1];
  // Compat: without a file the number of connections per address is not bounded.
  config.limits.connections_per_ip_max = 0;
  size_t count = line.arguments.size();
  if (count >= 3 && !number(2, config.session.tick_time_ms)) return out;
  if (count >= 4 && !number(3, config.limits.connections_per_ip_max)) return out;
  if (config.session.tick_time_ms < 0) {
    fail("tickTime must be positive");
    return out;
  }
  out.failure = complete_settings(keys.draft());
  config.storage.adopt_data = line.adopt_data;
  keys.publish_properties(config);
  out.config = std::move(config);
  return out;
}

// Nothing if there is no such file.
Result<std::optional<std::string>> read_whole(Disk& disk, const std::string& path) {
  constexpr size_t kBytesMax = 16 * 1024 * 1024;
  auto text = read_small_file(disk, path, kBytesMax);
  if (text.ok()) return std::optional<std::string>(std::move(*text));
  if (text.error().kind == ErrorKind::kNotFound) return std::optional<std::string>();
  return text.error();
}

}  // namespace

LoadedConfig parse_config(const std::string& file_name, ByteView text, const CommandLine& line,
                          const ConfigFileReader& read_file) {
  LoadedConfig out;
  KeyReader keys(out);
  if (!keys.read_file(file_name, text)) return out;
  if (!keys.read_properties(line.properties)) return out;
  ServerConfig& config = keys.draft().config;
  config.file = file_name;
  config.storage.adopt_data = line.adopt_data;
  out.failure = check_config(keys.draft(), file_name, read_file, out.warnings);
  keys.publish_properties(config);
  out.config = std::move(config);
  return out;
}

LoadedConfig load_config(const CommandLine& line, Disk& disk) {
  LoadedConfig out;
  if (line.failure) {
    out.failure = line.failure;
    return out;
  }
  auto reader = [&disk](const std::string& path) { return read_whole(disk, path); };
  switch (line.source) {
    case CommandLine::Source::kArguments:
      out = from_arguments(line);
      break;
    case CommandLine::Source::kDefault:
      out = parse_config("zoo_sample.cfg", sample_config_text(), line, reader);
      out.config.file.clear();
      break;
    case CommandLine::Source::kFile: {
      auto text = reader(line.file);
      if (!text.ok() || !text->has_value()) {
        std::string why = text.ok() ? line.file + " file is missing" : text.error().text;
        out.failure = StartFailure{ExitCode::kInvalidInvocation,
                                   "Error processing " + line.file + ": " + why};
        return out;
      }
      out = parse_config(line.file, **text, line, reader);
      if (!line.file.starts_with("/") && !line.file.starts_with("./")) {
        out.warnings.insert(out.warnings.begin(),
                            line.file + " is relative. Prepend ./ to indicate that you're sure!");
      }
      break;
    }
  }
  out.warnings.insert(out.warnings.begin(), line.warnings.begin(), line.warnings.end());
  return out;
}

}  // namespace okapi
