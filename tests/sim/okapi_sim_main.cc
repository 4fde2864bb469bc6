// okapi-sim: runs seeds of the simulator and says which one broke a rule, and how to see it again.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/runs/ensemble_run.h"
#include "tests/sim/runs/standalone_run.h"

namespace {

using namespace okapi;
using namespace okapi::sim;

struct Arguments {
  uint64_t first = 1, last = 1;
  bool trace = false;
  bool verbose = false;
  bool endless = false;  // until a seed fails
  bool faults = true;
  bool premade_directory = false;
  std::string servers;  // how many voters; "dice"; empty = one that stands alone
  int64_t seconds = 60;
  size_t jobs = 1;
};

// For the signal handler: an assertion of the server ends the process in the middle of a seed.
char crash_text[200];
size_t crash_text_size = 0;

void on_crash(int signal) {
  if (write(STDERR_FILENO, crash_text, crash_text_size) < 0) _exit(3);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string rerun_command(const Arguments& arguments, uint64_t seed) {
  std::string out = fmt::format("okapi-sim --seed {} --seconds {}", seed, arguments.seconds);
  if (!arguments.servers.empty()) out += " --servers " + arguments.servers;
  if (!arguments.faults) out += " --no-faults";
  if (arguments.premade_directory) out += " --premade-directory";
  return out + " --trace";
}

RunResult run_seed(const Arguments& arguments, uint64_t seed) {
  std::string text =
      fmt::format("seed {} crashed, again: {}\n", seed, rerun_command(arguments, seed));
  crash_text_size = text.copy(crash_text, sizeof crash_text);
  RunOptions options{.seed = seed,
                     .print = arguments.trace ? stdout : nullptr,
                     .trouble_span = Millis(arguments.seconds * 1000),
                     .faults = arguments.faults,
                     .premade_directory = arguments.premade_directory};
  if (arguments.servers.empty()) return run_standalone(options);
  if (arguments.servers != "dice")
    options.voters = std::strtoull(arguments.servers.c_str(), nullptr, 10);
  return run_ensemble(options);
}

void report_failure(const Arguments& arguments, uint64_t seed, const RunResult& result) {
  fmt::print(stderr, "seed {} FAILED: {}\n", seed, result.failure);
  for (const std::string& line : result.tail) fmt::print(stderr, "  {}\n", line);
  fmt::print(stderr, "again: {}\n", rerun_command(arguments, seed));
}

void report(uint64_t seed, const RunResult& result) {
  fmt::print(
      "seed {} hash {:016x} {} servers, {} virtual s, {} events, {} turns, {} crashes, {} exits, "
      "{} epochs; "
      "checked {} writes ({} of unknown end), {} reads, {} watch events, {} expiries, "
      "{} digests\n",
      seed, result.hash, result.servers, to_ms(result.virtual_span) / 1000, result.events,
      result.turns, result.crashes, result.exits, result.epochs, result.checked.writes,
      result.checked.unknown_applied, result.checked.reads, result.checked.events,
      result.checked.expiries, result.checked.digests);
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

// Every `jobs`-th seed from `seed` on; `progress` names the one under way. How many failed.
int run_share(const Arguments& arguments, uint64_t seed, volatile uint64_t& progress) {
  int failed = 0;
  for (; seed <= arguments.last; seed += arguments.jobs) {
    progress = seed;
    if (!run_and_judge(arguments, seed)) ++failed;
    if (failed > 0 && arguments.endless) break;
  }
  return failed;
}

// A process that runs the share of one job from `seed` on.
pid_t start_job(const Arguments& arguments, uint64_t seed, volatile uint64_t& progress) {
  std::fflush(stdout);
  pid_t child = fork();
  if (child != 0) return child;
  int failed = run_share(arguments, seed, progress);
  std::fflush(stdout);
  _exit(failed == 0 ? 0 : 1);
}

// A job that crashes is started again behind the seed that it crashed on.
int run_jobs(const Arguments& arguments) {
  void* shared = mmap(nullptr, arguments.jobs * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  auto* progress = static_cast<uint64_t*>(shared);
  std::map<pid_t, size_t> jobs;
  for (size_t i = 0; i < arguments.jobs; ++i) {
    jobs[start_job(arguments, arguments.first + i, progress[i])] = i;
  }
  int worst = 0, status = 0;
  while (!jobs.empty()) {
    pid_t ended = wait(&status);
    auto job = jobs.extract(ended);
    if (job.empty()) continue;
    if (status == 0) continue;
    worst = 1;
    if (!WIFSIGNALED(status)) continue;
    size_t i = job.mapped();
    jobs[start_job(arguments, progress[i] + arguments.jobs, progress[i])] = i;
  }
  return worst;
}

int run_all(const Arguments& arguments) {
  uint64_t progress = 0;
  if (arguments.jobs > 1) return run_jobs(arguments);
  return run_share(arguments, arguments.first, progress) == 0 ? 0 : 1;
}

[[noreturn]] void usage() {
  fmt::print(stderr,
             "okapi-sim --seed N | --seeds A..B | --seeds A..  [--servers 3|5|7|dice] [--trace] "
             "[--seconds virtual] [--jobs N] [--no-faults] [--premade-directory] [--verbose]\n"
             "A range without an end goes on until a seed fails.\n");
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
      out.endless = range.size() == dots + 2;
      if (out.endless) out.last = std::numeric_limits<uint64_t>::max() - (uint64_t{1} << 32);
      chosen = true;
    } else if (word == "--servers") {
      out.servers = value();
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
