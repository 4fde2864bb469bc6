// What the disks of an ensemble may look like at the end, and each way in which they may not.
#include "tests/sim/checkers/committed_order.h"

#include <catch2/catch.hpp>
#include <memory>

#include "common/jute/record.h"
#include "server/txn/txn.h"

namespace okapi::sim {
namespace {

using Catch::Matchers::StartsWith;

constexpr int64_t kEpoch1 = int64_t{1} << 32, kEpoch2 = int64_t{2} << 32;

std::string record(int64_t zxid, int32_t content) {
  std::string payload;
  jute::OutputArchive archive(payload);
  TxnHeader header;
  header.zxid = Zxid(zxid);
  header.type = -1;
  jute::put(archive, header);
  jute::put(archive, ErrorTxn{content});
  return log_record(payload);
}

struct Disks {
  explicit Disks(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      std::string name = "server" + std::to_string(i + 1);
      disks.push_back(std::make_unique<SimDisk>(world, meter, name));
      members.push_back({name, disks.back().get(), "/data"});
    }
    order = std::make_unique<CommittedOrder>(members);
  }
  // One file with what is given, each with the content that all have.
  void log(size_t disk, const std::vector<int64_t>& zxids, int32_t content = 7) {
    std::string bytes = log_file_header();
    for (int64_t zxid : zxids) bytes += record(zxid, content);
    disks[disk]->put_file(fmt::format("/data/log.{:x}", zxids.front()), bytes);
  }
  void snapshot(size_t disk, int64_t zxid) {
    disks[disk]->put_file(fmt::format("/data/snapshot.{:x}.gz", zxid), "");
  }
  void epochs(size_t disk, const std::string& accepted, const std::string& current) {
    disks[disk]->put_file("/data/acceptedEpoch", accepted);
    disks[disk]->put_file("/data/currentEpoch", current);
  }
  // How long the history is, or what is wrong.
  std::string judge() const {
    auto history = order->finish();
    return history.ok() ? std::to_string(history->size()) : history.error().text;
  }

  SimWorld world{1};
  CostMeter meter{world};
  std::vector<std::unique_ptr<SimDisk>> disks;
  std::vector<CommittedOrder::Member> members;
  std::unique_ptr<CommittedOrder> order;
};

TEST_CASE("members may have the history by log, by snapshot, or by both") {
  Disks disks(3);
  for (size_t i = 0; i < 3; ++i) disks.epochs(i, "2", "2");
  disks.log(0, {kEpoch1 + 1, kEpoch1 + 2, kEpoch2 + 1, kEpoch2 + 2});
  disks.snapshot(1, kEpoch1 + 2);
  disks.log(1, {kEpoch2 + 1, kEpoch2 + 2});
  disks.log(2, {kEpoch1 + 1});
  disks.snapshot(2, kEpoch2 + 2);
  CHECK(disks.judge() == "4");
}

TEST_CASE("inv_a2: a member without what another one has") {
  auto judge = [](std::vector<int64_t> second, int64_t snapshot) {
    Disks disks(2);
    disks.log(0, {kEpoch1 + 1, kEpoch1 + 2, kEpoch1 + 3, kEpoch2 + 1});
    disks.log(1, second);
    disks.snapshot(1, snapshot);
    return disks.judge();
  };
  CHECK_THAT(judge({kEpoch1 + 1, kEpoch1 + 2, kEpoch2 + 1}, kEpoch2 + 1), StartsWith("INV-A2"));
  CHECK_THAT(judge({kEpoch1 + 1, kEpoch1 + 2, kEpoch2 + 1}, kEpoch1 + 2), StartsWith("INV-A2"));
  CHECK_THAT(judge({kEpoch1 + 1, kEpoch1 + 2}, kEpoch1 + 3), StartsWith("INV-A2"));
  CHECK_THAT(judge({kEpoch2 + 1}, kEpoch1 + 2), StartsWith("INV-A2"));
  CHECK(judge({kEpoch2 + 1}, kEpoch1 + 3) == "4");
}

TEST_CASE("what a log has before the snapshot of a leader need not have been committed") {
  Disks disks(2);
  disks.log(0, {kEpoch1 + 1, kEpoch2 + 1, kEpoch2 + 2});
  disks.log(1, {kEpoch1 + 1, kEpoch1 + 2});
  disks.snapshot(1, kEpoch2 + 1);
  disks.log(1, {kEpoch2 + 2});
  CHECK(disks.judge() == "3");
  disks.disks[1]->image() = DiskImage();
  disks.log(1, {kEpoch1 + 1, kEpoch1 + 2, kEpoch2 + 1, kEpoch2 + 2});
  CHECK_THAT(disks.judge(), StartsWith("INV-A2"));
}

TEST_CASE("inv_a3: one zxid with two contents, even if no log has both at a time") {
  Disks disks(2);
  disks.log(0, {kEpoch1 + 1}, 7);
  disks.log(1, {kEpoch1 + 1}, 8);
  CHECK_THAT(disks.order->harvest().value_or("fine"), StartsWith("INV-A1/A3"));

  Disks later(1);
  later.log(0, {kEpoch1 + 1}, 7);
  CHECK(later.order->harvest().value_or("fine") == "fine");
  later.log(0, {kEpoch1 + 1}, 8);
  CHECK_THAT(later.judge(), StartsWith("INV-A1/A3"));
}

TEST_CASE("inv_c2: a hole in an epoch, or a way back") {
  Disks hole(1);
  hole.log(0, {kEpoch1 + 1, kEpoch1 + 3});
  CHECK_THAT(hole.judge(), StartsWith("INV-C2"));

  Disks beginning(1);
  beginning.log(0, {kEpoch1 + 1, kEpoch2 + 2});
  CHECK_THAT(beginning.judge(), StartsWith("INV-C2"));

  Disks twice(1);
  twice.log(0, {kEpoch1 + 1, kEpoch1 + 2, kEpoch1 + 2});
  CHECK_THAT(twice.judge(), StartsWith("INV-C2"));
}

TEST_CASE("what only lost logs had counts if a snapshot or a client shows that it was so") {
  Disks disks(1);
  disks.log(0, {kEpoch1 + 1, kEpoch1 + 2, kEpoch1 + 3});
  REQUIRE_FALSE(disks.order->harvest().has_value());
  disks.disks[0]->image() = DiskImage();
  CHECK(disks.judge() == "0");
  disks.snapshot(0, kEpoch1 + 2);
  CHECK(disks.judge() == "2");
  disks.order->note_committed(Zxid(kEpoch1 + 3));
  CHECK_THAT(disks.judge(), StartsWith("INV-A2"));
}

TEST_CASE("what only lost logs had counts if a log goes on from a leader's snapshot of it") {
  Disks disks(1);
  disks.log(0, {kEpoch1 + 1, kEpoch1 + 2, kEpoch1 + 3});
  REQUIRE_FALSE(disks.order->harvest().has_value());
  disks.disks[0]->image() = DiskImage();
  disks.snapshot(0, kEpoch1 + 2);
  disks.log(0, {kEpoch2 + 1});
  disks.snapshot(0, kEpoch2 + 1);
  CHECK(disks.judge() == "3");
}

TEST_CASE("inv_b1, inv_b2: epoch files that do not fit") {
  auto judge = [](const std::string& accepted, const std::string& current) {
    Disks disks(1);
    disks.log(0, {kEpoch1 + 1, kEpoch2 + 1});
    disks.epochs(0, accepted, current);
    return disks.judge();
  };
  CHECK(judge("3", "2") == "2");
  CHECK_THAT(judge("2", "3"), StartsWith("INV-B1"));
  CHECK_THAT(judge("", "2"), StartsWith("INV-B1"));
  CHECK_THAT(judge("2", "1"), StartsWith("INV-B2"));
}

}  // namespace
}  // namespace okapi::sim
