// Measures what a restart and a snapshot cost, on a real disk:
//   okapi-recovery-bench DIRECTORY [NODES] [TXNS]
// Makes a data directory with a snapshot of NODES nodes of 100 bytes and a log of TXNS more creates
// behind it, if it is not there, then parses the snapshot, recovers the whole, writes a snapshot.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "common/os/posix_disk.h"
#include "server/database/recovery.h"
#include "server/storage/log_files.h"
#include "server/storage/snapshot_parser.h"
#include "server/storage/txn_log_writer.h"
#include "server/tree/tree_loader.h"

namespace okapi {
namespace {

using SteadyClock = std::chrono::steady_clock;

class RealClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(SteadyClock::now().time_since_epoch()); }
  WallTime wall() const override { return {1'700'000'000'000}; }
};

class ErrorLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, int, std::string_view text) override {
    std::printf("  | %.*s\n", static_cast<int>(text.size()), text.data());
  }
  void flush() override {}
};

class CountSink final : public SnapshotSink {
 public:
  Status on_session(SessionId, int32_t) override { return {}; }
  Status on_acl(int64_t, const jute::Vector<AclView>&) override { return {}; }
  Status on_node(ByteView, NullableView data, int64_t, const StatPersisted&) override {
    bytes += data.value_or(ByteView()).size();
    return {};
  }
  uint64_t bytes = 0;
};

template <class T>
T checked(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().text.c_str());
  std::exit(1);
}
void checked(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().text.c_str());
  std::exit(1);
}

template <class F>
void timed(const char* what, F f) {
  auto begin = SteadyClock::now();
  std::clock_t cpu = std::clock();
  f();
  std::chrono::duration<double, std::milli> took = SteadyClock::now() - begin;
  double cpu_ms = 1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::printf("%-30s %8.1f ms, %8.1f ms of CPU\n", what, took.count(), cpu_ms);
}

EncodedTxn create(Zxid zxid, const std::string& path, int32_t parent_cversion) {
  CreateTxn body;
  body.path = path;
  std::string data(100, 'd');
  body.data = data;
  body.acl.items = {{Perms::kAll, "world", "anyone"}};
  body.parent_cversion = parent_cversion;
  return encode_txn(TxnHeader{SessionId(1), 1, zxid, 1'700'000'000'000, 1}, body, std::nullopt);
}

constexpr int64_t kNodesPerParent = 1000;

void make(StorageContext context, const std::string& directory, int64_t nodes, int64_t txns) {
  ZkDatabase database({}, 500);
  TreeWriter writer = database.tree().take_writer();
  TreeLoader::initialize_empty(writer);
  int64_t zxid = 0;
  auto path_of = [](int64_t i) {
    std::string parent = fmt::format("/parent-{:06}", i / kNodesPerParent);
    return i % kNodesPerParent == 0 ? parent : fmt::format("{}/node-{:010}", parent, i);
  };
  auto next = [&](int64_t i) {
    ++zxid;
    return create(Zxid(zxid), path_of(i),
                  static_cast<int32_t>(i % kNodesPerParent == 0 ? i / kNodesPerParent + 1
                                                                : i % kNodesPerParent));
  };
  auto apply = [&](const EncodedTxn& encoded) {
    Txn txn = checked(decode_txn(encoded.bytes.view()));
    writer.recycle(database.apply(writer, txn, encoded, ApplyMode::kLive));
    database.tree().set_last_applied(encoded.zxid);
  };
  for (int64_t i = 0; i < nodes; ++i) apply(next(i));
  checked(write_snapshot(context.disk, database, {.directory = directory}));
  TxnLogWriter log = checked(
      TxnLogWriter::open(context, {.directory = directory}, database.tree().last_applied()));
  for (int64_t i = nodes; i < nodes + txns; ++i) {
    log.append(next(i));
    if (i % 1000 == 0) checked(log.commit());
  }
  checked(log.commit());
}

int run(const std::string& root, int64_t nodes, int64_t txns) {
  PosixDisk disk;
  RealClock clock;
  ErrorLog lines;
  Logger log(lines, LogLevel::kWarn);
  StorageContext context{disk, clock, log};
  DataDir data =
      checked(DataDir::open(context, {.data_dir = root, .data_log_dir = root, .pid = "bench"}));
  if (checked(list_snapshots(disk, data.snapshots())).empty()) {
    timed("make", [&] { make(context, data.snapshots(), nodes, txns); });
  }
  std::string newest = checked(list_snapshots(disk, data.snapshots())).front().name;
  timed("parse the snapshot", [&] {
    CountSink sink;
    checked(read_snapshot(disk, join_path(data.snapshots(), newest), sink));
  });
  ZkDatabase database({}, 500);
  TreeWriter writer = database.tree().take_writer();
  timed("recover", [&] {
    RecoveryOptions options;
    options.snapshot.directory = data.snapshots();
    Recovered found = checked(recover(context, data, database, writer, options));
    std::printf("  %ld nodes from %s, %ld txns, %ld digest mismatches\n",
                static_cast<long>(found.nodes_loaded), found.snapshot_file.c_str(),
                static_cast<long>(found.txns_replayed), static_cast<long>(found.digest_mismatches));
  });
  timed("write a snapshot at once", [&] {
    auto snapshot = checked(
        TreeSnapshot::begin(disk, database, {.directory = data.snapshots()}, TreeIs::kStill));
    while (checked(snapshot.next_slice(4096))) {
    }
    checked(snapshot.finish());
  });
  return 0;
}

}  // namespace
}  // namespace okapi

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  int64_t nodes = argc > 2 ? std::atoll(argv[2]) : 1'000'000;
  int64_t txns = argc > 3 ? std::atoll(argv[3]) : 0;
  return okapi::run(argv[1], nodes, txns);
}
