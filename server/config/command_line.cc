#include "server/config/command_line.h"

#include "common/base/bytes.h"

namespace okapi {
namespace {

// A -Dname or -Dname=value; false if `token` is something else.
bool take_property(std::string_view token, CommandLine& line) {
  if (!token.starts_with("-D") || token.size() == 2) return false;
  token.remove_prefix(2);
  size_t equals = token.find('=');
  std::string_view value = equals == std::string_view::npos ? "" : token.substr(equals + 1);
  line.properties.emplace_back(token.substr(0, equals), value);
  return true;
}

void take_flags(std::string_view flags, const char* variable, CommandLine& line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  for (;;) {
    size_t begin = flags.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return;
    flags.remove_prefix(begin);
    std::string_view token = flags.substr(0, flags.find_first_of(kBlanks));
    flags.remove_prefix(token.size());
    if (!take_property(token, line)) {
      line.warnings.push_back(std::string("ignored: ") + variable + " option " + printable(token) +
                              " has no effect in this server");
    }
  }
}

CommandLine failed(const std::string& why) {
  CommandLine line;
  line.failure = StartFailure{ExitCode::kInvalidInvocation,
                              why + (why.empty() ? "" : "\n") + std::string(usage_text())};
  return line;
}

}  // namespace

std::string_view usage_text() {
  return "Usage: okapi-server CONFIGFILE [-Dname=value]... [--adopt-data]\n"
         "       okapi-server --default [-Dname=value]...\n"
         "       okapi-server PORT DATADIR [TICKTIME] [MAXCNXNS] [-Dname=value]...";
}

CommandLine parse_command_line(std::span<const std::string> arguments, const JvmFlags& flags) {
  CommandLine line;
  take_flags(flags.server_jvmflags, "SERVER_JVMFLAGS", line);
  take_flags(flags.jvmflags, "JVMFLAGS", line);
  std::vector<std::string> words;
  bool use_default = false;
  for (const std::string& argument : arguments) {
    if (take_property(argument, line)) continue;
    if (argument == "--default") {
      use_default = true;
    } else if (argument == "--adopt-data") {
      line.adopt_data = true;
    } else if (argument.starts_with("-")) {
      return failed("unknown option " + printable(argument));
    } else {
      words.push_back(argument);
    }
  }
  if (use_default && !words.empty()) return failed("--default takes no file");
  if (use_default) {
    line.source = CommandLine::Source::kDefault;
  } else if (words.empty()) {
    return failed("");
  } else if (words.size() == 1) {
    // Compat: one argument is a file name, even if it is a number.
    line.source = CommandLine::Source::kFile;
    line.file = std::move(words.front());
  } else if (words.size() <= 4) {
    line.source = CommandLine::Source::kArguments;
    line.arguments = std::move(words);
  } else {
    return failed("Invalid number of arguments: " + std::to_string(words.size()));
  }
  return line;
}

}  // namespace okapi
