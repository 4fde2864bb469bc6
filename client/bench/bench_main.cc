// okapi-bench: reads the command line, runs, prints.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "client/bench/bench.h"
#include "client/bench/report.h"

namespace okapi::bench {
namespace {

struct CommandLine {
  BenchOptions options;
  std::string host = "127.0.0.1:2181";
  int pid = 0;
  std::vector<std::string> compare;
  std::vector<int> compare_pids;
  std::vector<std::string> names;
  int64_t session_timeout_ms = 30'000;
  bool quiet = false;
};

std::string workload_help() {
  std::string out = "Workloads:";
  for (const WorkloadName& row : kWorkloads) {
    out += "\n  " + std::string(row.name) + std::string(12 - row.name.size(), ' ');
    out += row.what;
  }
  return out;
}

void declare_load(CLI::App& app, CommandLine& line) {
  BenchOptions& o = line.options;
  std::map<std::string, Workload> workloads;
  for (const WorkloadName& row : kWorkloads) workloads.emplace(row.name, row.workload);
  app.add_option("workload", o.workload, "what to do")
      ->required()
      ->transform(CLI::CheckedTransformer(workloads).description(""));
  app.add_option("-c,--connections", o.connections, "sessions at once")->check(CLI::PositiveNumber);
  app.add_option("-d,--depth", o.depth, "requests in flight per session")
      ->check(CLI::PositiveNumber);
  app.add_option("-t,--threads", o.threads, "threads of the load generator")
      ->check(CLI::PositiveNumber);
  app.add_option("-s,--seconds", o.seconds, "counted time of a run");
  app.add_option("-n,--operations", o.operations, "counted operations of a run, instead of time");
  app.add_option("--warm-up", o.warm_up_seconds, "seconds before counting begins");
  app.add_option("--rate", o.rate, "operations per second: open loop");
  app.add_option("-r,--rounds", o.rounds, "runs of each server")->check(CLI::PositiveNumber);
  app.add_option("--keys", o.keys, "nodes to choose from")->check(CLI::PositiveNumber);
  app.add_option("--data-size", o.data_bytes, "bytes of data per node");
  app.add_option("--children", o.children, "names under the node that `children` lists");
  app.add_option("--multi-ops", o.multi_ops, "operations in each multi");
  app.add_option("--write-share", o.write_share, "share of writes in `mixed`")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--base", o.base, "node under which all nodes are made");
  app.add_option("--session-timeout", line.session_timeout_ms, "milliseconds");
  app.add_option("--seed", o.seed, "of the random choices");
  app.add_flag("--keep", o.keep, "leave the nodes that `load` made");
}

void declare_targets(CLI::App& app, CommandLine& line) {
  app.add_option("--host", line.host, "server, host:port");
  app.add_option("--pid", line.pid, "its process, for CPU and memory");
  app.add_option("--compare", line.compare, "other servers to run in turn with the first");
  app.add_option("--compare-pid", line.compare_pids, "their processes, in the same order");
  app.add_option("--names", line.names, "names of all servers in the report");
  app.add_flag("--json", line.options.json, "print every round as JSON");
  app.add_flag("-q,--quiet", line.quiet, "no progress on the error output");
}

// Joins hosts, pids and names to targets. False: they do not fit together.
bool complete(CommandLine& line) {
  line.options.session_timeout = Millis(line.session_timeout_ms);
  line.options.targets.push_back({.name = line.host, .address = line.host, .pid = std::nullopt});
  if (line.pid > 0) line.options.targets[0].pid = line.pid;
  for (size_t i = 0; i < line.compare.size(); ++i) {
    Target target{.name = line.compare[i], .address = line.compare[i], .pid = std::nullopt};
    if (i < line.compare_pids.size()) target.pid = line.compare_pids[i];
    line.options.targets.push_back(target);
  }
  if (line.names.size() > line.options.targets.size()) return false;
  for (size_t i = 0; i < line.names.size(); ++i) line.options.targets[i].name = line.names[i];
  bool threads_fit = line.options.threads <= line.options.connections;
  return threads_fit && line.compare_pids.size() <= line.compare.size();
}

// Thousands of sessions need as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(CommandLine& line) {
  auto progress = [&](std::string_view text) {
    if (!line.quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  };
  auto rounds = run_bench(line.options, progress);
  if (!rounds.ok()) {
    std::fprintf(stderr, "okapi-bench: %s\n", rounds.error().text.c_str());
    return 1;
  }
  std::string report =
      line.options.json ? as_json(line.options, *rounds) : as_table(line.options, *rounds);
  std::fputs(report.c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace okapi::bench

int main(int argc, char** argv) {
  okapi::bench::CommandLine line;
  CLI::App app("Load generator for ZooKeeper-compatible servers");
  app.footer(okapi::bench::workload_help());
  okapi::bench::declare_load(app, line);
  okapi::bench::declare_targets(app, line);
  CLI11_PARSE(app, argc, argv);
  if (!okapi::bench::complete(line)) {
    std::fputs("okapi-bench: more names or pids than servers, or more threads than connections\n",
               stderr);
    return 2;
  }
  okapi::bench::raise_descriptor_limit();
  return okapi::bench::run(line);
}
