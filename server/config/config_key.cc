#include "server/config/config_key.h"

namespace okapi {
namespace {

const ConfigKey* find(std::span<const ConfigKey> table, std::string_view name) {
  for (const ConfigKey& key : table) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace

const ConfigKey* find_file_key(std::string_view name) {
  const ConfigKey* found = find(file_keys(), name);
  return found != nullptr ? found : find(quorum_file_keys(), name);
}

const ConfigKey* find_property_key(std::string_view name) {
  const ConfigKey* found = find(property_keys(), name);
  return found != nullptr ? found : find(quorum_property_keys(), name);
}

const ConfigKey* find_bare_key(std::string_view name) { return find(bare_keys(), name); }

}  // namespace okapi
