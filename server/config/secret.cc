#include "server/config/secret.h"

#include "server/config/java_values.h"

namespace okapi {

bool is_secret_name(std::string_view name) {
  std::string lower = to_lower(name);
  if (lower.ends_with(".enabled") || lower.ends_with("digestalg") ||
      lower.ends_with("digestmismatchfatal")) {
    return false;
  }
  for (const char* part : {"password", "secret", "digest"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace okapi
