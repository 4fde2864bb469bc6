#include "server/tree/quota.h"

#include <catch2/catch.hpp>

#include "tests/unit/tree/tree_fixture.h"

namespace okapi {

TEST_CASE("quota text is read and written as the reference does") {
  QuotaText text = QuotaText::parse("count=5,bytes=100=;byteHardLimit=200;countHardLimit=20");
  REQUIRE(text.count() == 5);
  REQUIRE(text.bytes() == 100);
  REQUIRE(text.bytes_hard() == 200);
  REQUIRE(text.count_hard() == 20);
  REQUIRE(text.print() == "count=5,bytes=100=;byteHardLimit=200;countHardLimit=20");
  REQUIRE(QuotaText::parse("count=1,bytes=2").print() == "count=1,bytes=2");
  REQUIRE(QuotaText::parse("").print() == "count=-1,bytes=-1");
  REQUIRE(QuotaText::parse("count=,,;;bytes=+7").bytes() == 7);
  for (ByteView bad : {"garbage=x", "garbage", "count=1,bytes=2x", "count=99999999999999999999"}) {
    REQUIRE(QuotaText::parse(bad).print() == "count=-1,bytes=-1");
  }
}

TEST_CASE("hard limits refuse, soft ones are noted, count before bytes") {
  auto check = [](ByteView limits, int64_t count_diff, int64_t bytes_diff) {
    return check_quota(QuotaText::parse(limits), QuotaText::parse("count=5,bytes=100"), count_diff,
                       bytes_diff);
  };
  REQUIRE_FALSE(check("count=6,bytes=-1", 1, 0).has_value());
  REQUIRE(check("count=5,bytes=-1", 1, 0)->kind == QuotaKind::kCountSoft);
  REQUIRE(check("countHardLimit=5", 1, 0)->kind == QuotaKind::kCountHard);
  // The hard limit takes the soft one's place.
  REQUIRE_FALSE(check("count=1,countHardLimit=6", 1, 0).has_value());
  REQUIRE_FALSE(check("countHardLimit=1", 0, 0).has_value());
  // Still above it, though shrinking: refused; an equal size is not looked at.
  REQUIRE(check("byteHardLimit=50", 0, -1)->kind == QuotaKind::kBytesHard);
  REQUIRE_FALSE(check("byteHardLimit=50", 0, 0).has_value());
  REQUIRE(check("count=5,byteHardLimit=100", 1, 1)->kind == QuotaKind::kBytesHard);
  REQUIRE(check("countHardLimit=5,byteHardLimit=100", 1, 1)->kind == QuotaKind::kCountHard);
}

TEST_CASE("prefixes go by components and the deepest wins") {
  QuotaPrefixes prefixes;
  REQUIRE(prefixes.deepest("/a/b").empty());
  prefixes.add("/a");
  prefixes.add("/a/b/c");
  REQUIRE(prefixes.deepest("/a") == "/a");
  REQUIRE(prefixes.deepest("/ab").empty());
  REQUIRE(prefixes.deepest("/a/b") == "/a");
  REQUIRE(prefixes.deepest("/a/b/c/d") == "/a/b/c");
  prefixes.remove("/a/b/c");
  REQUIRE(prefixes.deepest("/a/b/c/d") == "/a");
  prefixes.remove("/a");
  prefixes.remove("/a");
  REQUIRE(prefixes.deepest("/a/b").empty());
}

namespace {

void make_quota(TreeFixture& f, const std::string& prefix, ByteView limits) {
  std::string at(kQuotaPath);
  for (size_t begin = 1; begin < prefix.size();) {
    size_t end = std::min(prefix.find('/', begin), prefix.size());
    at += "/" + prefix.substr(begin, end - begin);
    if (!f.exists(at)) f.create(at);
    begin = end + 1;
  }
  REQUIRE(f.create(quota_limits_path(prefix), limits).err == ErrorCode::kOk);
  REQUIRE(f.create(quota_stats_path(prefix), "written by a client").err == ErrorCode::kOk);
}

}  // namespace

TEST_CASE("usage is counted when the stats node comes and kept up by every change") {
  TreeFixture f;
  f.create("/a", "12345");
  f.create("/a/b", "123");
  make_quota(f, "/a", "count=10,bytes=10");
  REQUIRE(f.data("/zookeeper/quota/a/zookeeper_stats") == "count=2,bytes=8");
  Stat before = f.stat("/zookeeper/quota/a/zookeeper_stats");
  f.create("/a/c", "1");
  f.set("/a/b", "", 1);
  f.set("/a", "1234567", 1);
  REQUIRE(f.data("/zookeeper/quota/a/zookeeper_stats") == "count=3,bytes=8");
  f.remove("/a/c");
  REQUIRE(f.data("/zookeeper/quota/a/zookeeper_stats") == "count=2,bytes=7");
  Stat after = f.stat("/zookeeper/quota/a/zookeeper_stats");
  before.data_length = after.data_length;
  REQUIRE(before == after);
  REQUIRE(f.create("/ab", "outside").events.size() == 1);
  REQUIRE(f.data("/zookeeper/quota/a/zookeeper_stats") == "count=2,bytes=7");
}

TEST_CASE("only the deepest quota is kept up, and none after its limits are gone") {
  TreeFixture f;
  f.create("/a");
  f.create("/a/b");
  make_quota(f, "/a", "count=1");
  make_quota(f, "/a/b", "countHardLimit=2");
  f.create("/a/b/c", "xy");
  REQUIRE(f.data(quota_stats_path("/a")) == "count=2,bytes=0");
  REQUIRE(f.data(quota_stats_path("/a/b")) == "count=2,bytes=2");
  auto violation = f.tree.check_quota("/a/b/d", 1, 0);
  REQUIRE(violation.has_value());
  REQUIRE(violation->hard());
  REQUIRE(violation->prefix == "/a/b");
  REQUIRE(f.tree.check_quota("/a/x", 1, 0)->kind == QuotaKind::kCountSoft);
  REQUIRE_FALSE(f.tree.check_quota("/x", 1, 0).has_value());
  auto usage = f.tree.quota_usage();
  REQUIRE(usage.size() == 2);
  REQUIRE(usage[1].prefix == "/a/b");
  REQUIRE(usage[1].count_limit == 2);
  REQUIRE(usage[1].count == 2);
  REQUIRE(usage[1].bytes == 2);
  f.remove(quota_limits_path("/a/b"));
  f.create("/a/b/d", "xy");
  REQUIRE(f.data(quota_stats_path("/a")) == "count=3,bytes=2");
  REQUIRE(f.data(quota_stats_path("/a/b")) == "count=2,bytes=2");
}

TEST_CASE("quota nodes that clients wrote nonsense into never fail a txn") {
  TreeFixture f;
  f.create("/a");
  make_quota(f, "/a", "garbage=x");
  f.set(quota_stats_path("/a"), "garbage=x", 1);
  REQUIRE(f.create("/a/b", "12").err == ErrorCode::kOk);
  REQUIRE(f.data(quota_stats_path("/a")) == "count=0,bytes=1");
  f.set(quota_stats_path("/a"), std::nullopt, 2);
  REQUIRE(f.set("/a/b", "1", 1).err == ErrorCode::kOk);
  REQUIRE(f.data(quota_stats_path("/a")) == "count=-1,bytes=-2");
  f.remove(quota_stats_path("/a"));
  REQUIRE(f.create("/a/c").err == ErrorCode::kOk);
  // A quota on the empty path registers nothing (11.7b).
  REQUIRE(f.create("/zookeeper/quota/zookeeper_limits", "count=1").err == ErrorCode::kOk);
  REQUIRE(f.create("/zookeeper/quota/zookeeper_stats", "count=1").err == ErrorCode::kOk);
  REQUIRE(f.data("/zookeeper/quota/zookeeper_stats") == "count=1");
  REQUIRE(f.create("/x").err == ErrorCode::kOk);
  REQUIRE(f.data("/zookeeper/quota/zookeeper_stats") == "count=1");
  REQUIRE(f.tree.digest() == f.tree.recompute_digest());
}

}  // namespace okapi
