// Any bytes as zoo.cfg: a config or a named failure, and no line that holds a control character.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "server/auth/provider_registry.h"
#include "server/config/config_parser.h"

namespace okapi {
namespace {

void check_line(const std::string& line) {
  for (char c : line) OKAPI_ASSERT(c == '\n' || (c >= 0x20 && c < 0x7F));
}

void run(ByteView text) {
  // The first byte says how much of the text is myid; a dynamic file reads as the same text.
  std::string my_id;
  if (!text.empty()) {
    size_t cut = std::min<size_t>(static_cast<uint8_t>(text.front()) % 8, text.size() - 1);
    my_id = std::string(text.substr(1, cut));
    text.remove_prefix(1 + cut);
  }
  auto reader = [&](const std::string& path) -> Result<std::optional<std::string>> {
    if (path.ends_with("/myid")) return std::optional<std::string>(my_id);
    return std::optional<std::string>(std::string(text));
  };
  CommandLine line;
  LoadedConfig loaded = parse_config("zoo.cfg", text, line, reader);
  for (const std::string& warning : loaded.warnings) check_line(warning);
  if (loaded.failure) {
    OKAPI_ASSERT(!loaded.failure->text.empty());
    OKAPI_ASSERT(loaded.failure->exit_code != ExitCode::kFinished);
    check_line(loaded.failure->text);
    return;
  }
  const ServerConfig& config = loaded.config;
  OKAPI_ASSERT(!config.storage.data_dir.empty());
  OKAPI_ASSERT(config.session.min_timeout_ms <= config.session.max_timeout_ms);
  OKAPI_ASSERT(config.session.tick_time_ms > 0);
  OKAPI_ASSERT(config.storage.snap_count >= 2);
  auto registry = ProviderRegistry::make(config);
  if (!registry.ok()) check_line(registry.error().text);
}

}  // namespace
}  // namespace okapi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  okapi::run(okapi::ByteView(reinterpret_cast<const char*>(data), size));
  return 0;
}
