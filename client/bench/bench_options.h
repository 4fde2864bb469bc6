// What a user asks of okapi-bench. Plain values, filled once from the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"

namespace okapi::bench {

enum class Workload {
  kGet,
  kExists,
  kChildren,
  kSet,
  kCreate,
  kMixed,
  kMulti,
  kWatch,
  kConnect,
  kHandshakes,
  kIdle,
  kLoad,
};

struct WorkloadName {
  Workload workload;
  std::string_view name;
  std::string_view what;
};

// One row for each workload; the command line's help is made from it.
inline constexpr WorkloadName kWorkloads[] = {
    {Workload::kGet, "get", "getData of random keys"},
    {Workload::kExists, "exists", "exists of random keys"},
    {Workload::kChildren, "children", "getChildren of a node with --children names"},
    {Workload::kSet, "set", "setData of random keys"},
    {Workload::kCreate, "create", "create of new nodes; they are deleted after the round"},
    {Workload::kMixed, "mixed", "get, and set with the share --write-share"},
    {Workload::kMulti, "multi", "multi of --multi-ops setData"},
    {Workload::kWatch, "watch", "one set watched by all connections: time to the last event"},
    {Workload::kConnect, "connect", "each connection opens and closes sessions in turn"},
    {Workload::kHandshakes, "handshakes", "all connections open a session at the same moment"},
    {Workload::kIdle, "idle", "sessions that only ping: memory and CPU of the server"},
    {Workload::kLoad, "load", "create --operations nodes at once: memory per node"},
};

struct Target {
  std::string name;
  std::string address;     // host:port
  std::optional<int> pid;  // of the server, when it runs on this machine
};

struct BenchOptions {
  Workload workload = Workload::kGet;
  std::vector<Target> targets;  // the first is compared with each other one
  size_t connections = 1;
  size_t depth = 1;    // requests in flight per connection
  size_t threads = 1;  // of the load generator
  double seconds = 1;
  uint64_t operations = 0;  // instead of seconds, when not 0
  double warm_up_seconds = 0.2;
  double rate = 0;  // operations per second, open loop, when not 0
  size_t rounds = 1;
  size_t keys = 1000;
  size_t data_bytes = 100;
  size_t children = 100;
  size_t multi_ops = 4;
  double write_share = 0.1;
  std::string base = "/okapi-bench";
  Millis session_timeout{30'000};
  uint64_t seed = 1;
  bool keep = false;  // leave the nodes of `load` in place
  bool json = false;
};

}  // namespace okapi::bench
