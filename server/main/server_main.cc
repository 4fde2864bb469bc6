// okapi-server: arguments, configuration, the real Env, one server, a signal to end it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <vector>

#include "common/os/real_env.h"
#include "server/assembly/assemble.h"
#include "server/config/config_parser.h"

namespace {

using namespace okapi;

constexpr std::chrono::seconds kDrainTime{3};

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int refuse(const StartFailure& failure) {
  std::fprintf(stderr, "%s\n", failure.text.c_str());
  if (failure.exit_code == ExitCode::kInvalidInvocation) {
    std::fprintf(stderr, "Invalid config, exiting abnormally\n");
  }
  return static_cast<int>(failure.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fprintf(stderr, "%s", std::string(usage_text()).c_str());
    return static_cast<int>(ExitCode::kInvalidInvocation);
  }
  CommandLine line = parse_command_line(
      arguments, JvmFlags{environment("SERVER_JVMFLAGS"), environment("JVMFLAGS")});
  if (line.failure.has_value()) return refuse(*line.failure);
  PosixDisk disk;
  LoadedConfig loaded = load_config(line, disk);
  if (!loaded.ok()) return refuse(*loaded.failure);

  block_stop_signals();
  const std::optional<int64_t>& my_id = loaded.config.my_id;
  RealEnv env(my_id.has_value() ? std::to_string(*my_id) : "", LogLevel::kInfo);
  for (const std::string& warning : line.warnings) OKAPI_WARN(env.log(), "{}", warning);
  for (const std::string& warning : loaded.warnings) OKAPI_WARN(env.log(), "{}", warning);
  {
    Server server(env, loaded.config);
    int signal = wait_for_stop_signal();
    OKAPI_INFO(env.log(), "Stopping in order on signal {}", signal);
    std::binary_semaphore drained(0);
    server.drain([&] { drained.release(); });
    if (!drained.try_acquire_for(kDrainTime)) OKAPI_WARN(env.log(), "Not all was answered in time");
    server.stop();
  }
  OKAPI_INFO(env.log(), "Stopped");
  env.log().flush();
  return static_cast<int>(ExitCode::kFinished);
}
