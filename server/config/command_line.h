// The arguments of okapi-server (configuration spec section 1) and the JVM options that stand in
// for them in the environment. Pure: the caller hands in argv and the environment's texts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/exit_code.h"

namespace okapi {

// What ends the start: a code for the process and a line for stderr.
struct StartFailure {
  ExitCode exit_code = ExitCode::kInvalidInvocation;
  std::string text;
};

struct CommandLine {
  enum class Source {
    kFile,       // okapi-server FILE
    kArguments,  // okapi-server port dataDir [tickTime] [maxcnxns]
    kDefault,    // okapi-server --default
  };
  Source source = Source::kFile;
  std::string file;                    // kFile
  std::vector<std::string> arguments;  // kArguments: two to four texts, not yet checked
  bool adopt_data = false;
  // -Dname=value in the order given; a later one of the same name wins.
  std::vector<std::pair<std::string, std::string>> properties;
  // JVM options without meaning here, one line each.
  std::vector<std::string> warnings;
  // Set when the arguments make no sense; then the rest is empty.
  std::optional<StartFailure> failure;
};

// Options for a JVM as the environment gives them; absent ones are empty.
struct JvmFlags {
  std::string_view server_jvmflags;  // SERVER_JVMFLAGS
  std::string_view jvmflags;         // JVMFLAGS
};

// `arguments` without the program's name. Precedence of -D: arguments over JVMFLAGS over
// SERVER_JVMFLAGS.
CommandLine parse_command_line(std::span<const std::string> arguments, const JvmFlags& flags);

// How to call the program, several lines.
std::string_view usage_text();

}  // namespace okapi
