// okapi-sim: runs seeds of the simulator and says which one broke a rule, and how to see it again.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/runs/standalone_run.h"

namespace {

using namespace okapi;
using namespace okapi::sim;

struct Arguments {
  uint64_t first = 1, last = 1;
  bool trace = false;
  bool verbose = false;
  bool faults = true;
  bool premade_directory = false;
  int64_t seconds = 60;
  size_t jobs = 1;
};

// For the signal handler: an assertion of the server ends the process in the middle of a seed.
volatile std::sig_atomic_t current_seed_high = 0, current_seed_low = 0;

void on_crash(int signal) {
  char text[160];
  uint64_t seed = (static_cast<uint64_t>(static_cast<uint32_t>(current_seed_high)) << 32) |
                  static_cast<uint32_t>(current_seed_low);
  int size = std::snprintf(
      text, sizeof text, "seed %llu crashed (signal %d): okapi-sim --seed %llu --trace\n",
      static_cast<unsigned long long>(seed), signal, static_cast<unsigned long long>(seed));
  if (size > 0 && write(STDERR_FILENO, text, static_cast<size_t>(size)) < 0) _exit(3);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

RunResult run_seed(const Arguments& arguments, uint64_t seed) {
  current_seed_high = static_cast<std::sig_atomic_t>(seed >> 32);
  current_seed_low = static_cast<std::sig_atomic_t>(seed);
  return run_standalone({.seed = seed,
                         .print = arguments.trace ? stdout : nullptr,
                         .trouble_span = Millis(arguments.seconds * 1000),
                         .faults = arguments.faults,
                         .premade_directory = arguments.premade_directory});
}

std::string rerun_command(const Arguments& arguments, uint64_t seed) {
  std::string out = fmt::format("okapi-sim --seed {} --seconds {}", seed, arguments.seconds);
  if (!arguments.faults) out += " --no-faults";
  if (arguments.premade_directory) out += " --premade-directory";
  return out + " --trace";
}

void report_failure(const Arguments& arguments, uint64_t seed, const RunResult& result) {
  fmt::print(stderr, "seed {} FAILED: {}\n", seed, result.failure);
  for (const std::string& line : result.tail) fmt::print(stderr, "  {}\n", line);
  fmt::print(stderr, "again: {}\n", rerun_command(arguments, seed));
}

void report(uint64_t seed, const RunResult& result) {
  fmt::print(
      "seed {} hash {:016x} {} virtual s, {} events, {} turns, {} crashes, {} exits; "
      "checked {} writes ({} of unknown end), {} reads, {} watch events, {} expiries, "
      "{} digests\n",
      seed, result.hash, to_ms(result.virtual_span) / 1000, result.events, result.turns,
      result.crashes, result.exits, result.checked.writes, result.checked.unknown_applied,
      result.checked.reads, result.checked.events, result.checked.expiries, result.checked.digests);
}

// False if the seed failed, or did not repeat.
bool run_and_judge(const Arguments& arguments, uint64_t seed) {
  RunResult result = run_seed(arguments, seed);
  if (!result.failure.empty()) {
    report_failure(arguments, seed, result);
    return false;
  }
  bool single = arguments.first == arguments.last;
  if (single || arguments.verbose) report(seed, result);
  if (seed % 10 == 0 && !arguments.trace) {
    uint64_t again = run_seed(arguments, seed).hash;
    if (again != result.hash) {
      fmt::print(stderr, "seed {} does not repeat: {:016x}, then {:016x}\n", seed, result.hash,
                 again);
      return false;
    }
  }
  return true;
}

// Every `jobs`-th seed from `offset` on; how many failed.
int run_share(const Arguments& arguments, size_t offset) {
  int failed = 0;
  for (uint64_t seed = arguments.first + offset; seed <= arguments.last; seed += arguments.jobs) {
    if (!run_and_judge(arguments, seed)) ++failed;
  }
  return failed;
}

int run_all(const Arguments& arguments) {
  if (arguments.jobs == 1) return run_share(arguments, 0) == 0 ? 0 : 1;
  std::fflush(stdout);
  for (size_t i = 0; i < arguments.jobs; ++i) {
    pid_t child = fork();
    if (child == 0) {
      int failed = run_share(arguments, i);
      std::fflush(stdout);
      _exit(failed == 0 ? 0 : 1);
    }
  }
  int worst = 0, status = 0;
  while (wait(&status) > 0) {
    if (status != 0) worst = 1;
  }
  return worst;
}

[[noreturn]] void usage() {
  fmt::print(stderr,
             "okapi-sim --seed N | --seeds A..B  [--trace] [--seconds virtual] [--jobs N] "
             "[--no-faults] [--premade-directory] [--verbose]\n");
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  bool chosen = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    auto value = [&]() -> std::string {
      if (i + 1 == argc) usage();
      return argv[++i];
    };
    if (word == "--seed") {
      out.first = out.last = std::strtoull(value().c_str(), nullptr, 10);
      chosen = true;
    } else if (word == "--seeds") {
      std::string range = value();
      size_t dots = range.find("..");
      if (dots == std::string::npos) usage();
      out.first = std::strtoull(range.c_str(), nullptr, 10);
      out.last = std::strtoull(range.c_str() + dots + 2, nullptr, 10);
      chosen = true;
    } else if (word == "--seconds") {
      out.seconds = std::strtoll(value().c_str(), nullptr, 10);
    } else if (word == "--jobs") {
      out.jobs = std::max<size_t>(1, std::strtoull(value().c_str(), nullptr, 10));
    } else if (word == "--trace") {
      out.trace = true;
    } else if (word == "--verbose") {
      out.verbose = true;
    } else if (word == "--no-faults") {
      out.faults = false;
    } else if (word == "--premade-directory") {
      out.premade_directory = true;
    } else {
      usage();
    }
  }
  if (!chosen) usage();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  std::signal(SIGABRT, on_crash);
  std::signal(SIGSEGV, on_crash);
  int code = run_all(arguments);
  if (arguments.first != arguments.last) {
    fmt::print("seeds {}..{}: {}\n", arguments.first, arguments.last,
               code == 0 ? "all rules held" : "FAILED");
  }
  return code;
}
