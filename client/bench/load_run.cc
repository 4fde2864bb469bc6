#include "client/bench/load_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <thread>

#include "client/bench/link_group.h"
#include "client/bench/request_source.h"

namespace okapi::bench {

namespace {

constexpr uint64_t kNodesPerParent = 1000;
constexpr Millis kSettle{1'000};

std::string parent_path(const std::string& base, uint64_t parent) {
  return fmt::format("{}/d{:05}", base, parent);
}

std::string node_path(const std::string& base, uint64_t i) {
  return fmt::format("{}/d{:05}/n{:08}", base, i / kNodesPerParent, i);
}

Status delete_all(LinkGroup& links, const std::string& base, uint64_t nodes, size_t depth) {
  OKAPI_TRY(pipeline(links, nodes, depth, [&](ClientSession& session, uint64_t i) {
    session.remove(node_path(base, i));
  }));
  uint64_t parents = (nodes + kNodesPerParent - 1) / kNodesPerParent;
  return pipeline(links, parents, depth, [&](ClientSession& session, uint64_t i) {
    session.remove(parent_path(base, i));
  });
}

}  // namespace

Result<Measures> run_load(const BenchOptions& options, const Target& target) {
  auto address = resolve(target.address);
  if (!address.ok()) return address.error();
  std::string base = options.base + "/load";
  std::string data(options.data_bytes, 'd');
  uint64_t nodes = std::max<uint64_t>(options.operations, 1);
  uint64_t parents = (nodes + kNodesPerParent - 1) / kNodesPerParent;

  LinkGroup links(*address, options.connections,
                  {.timeout = options.session_timeout, .keep_watches = false});
  OKAPI_TRY(links.open());
  OKAPI_TRY(create_with_parents(links, base));
  OKAPI_TRY(pipeline(links, parents, options.depth, [&](ClientSession& session, uint64_t i) {
    session.create({.path = parent_path(base, i)});
  }));
  double rss_before = rss_bytes_of(target);
  double cpu_before = cpu_seconds_of(target);
  MonoTime begin = now();
  OKAPI_TRY(pipeline(links, nodes, options.depth, [&](ClientSession& session, uint64_t i) {
    session.create({.path = node_path(base, i), .data = ByteView(data)});
  }));
  double seconds = static_cast<double>((now() - begin).count()) / 1e9;
  double cpu = cpu_seconds_of(target) - cpu_before;
  std::this_thread::sleep_for(kSettle);
  double rss = rss_bytes_of(target);

  Measures out;
  add_throughput(out, {.operations = nodes, .seconds = seconds, .cpu_seconds = cpu});
  out.push_back({"rss_before_mb", rss_before / 1e6});
  out.push_back({"rss_mb", rss / 1e6});
  out.push_back({"rss_per_znode_bytes", (rss - rss_before) / static_cast<double>(nodes)});
  if (!options.keep) OKAPI_TRY(delete_all(links, base, nodes, options.depth));
  links.close();
  return out;
}

}  // namespace okapi::bench
