#include "server/tree/acl_table.h"

#include <catch2/catch.hpp>

namespace okapi {
namespace {

const AclList kRead = {{Perms::kRead, "world", "anyone"}};
const AclList kDigest = {{Perms::kAll, "digest", "u:hash"}, {Perms::kRead, "ip", "1.2.3.4"}};

}  // namespace

TEST_CASE("equal lists are one entry, the open list is none") {
  AclTable table;
  REQUIRE(table.intern(open_acl()) == nullptr);
  AclEntry* read = table.intern(kRead);
  AclEntry* digest = table.intern(kDigest);
  REQUIRE(read->id == 1);
  REQUIRE(digest->id == 2);
  REQUIRE(table.intern(kRead) == read);
  REQUIRE(read->uses == 2);
  jute::Vector<AclView> none;
  none.null = true;
  REQUIRE(table.intern(none) == nullptr);
  jute::Vector<AclView> views;
  views.items = {{Perms::kRead, "world", "anyone"}};
  REQUIRE(table.intern(views) == read);
}

TEST_CASE("an unused list leaves the table, a handle keeps it, its number is not given again") {
  AclTable table;
  AclEntry* read = table.intern(kRead);
  AclRef kept(read);
  table.release(read);
  REQUIRE(table.size() == 0);
  REQUIRE(kept.list() == kRead);
  REQUIRE(kept.id() == 1);
  REQUIRE_FALSE(kept.is_open());
  REQUIRE(table.intern(kRead)->id == 2);
}

TEST_CASE("a default handle is the open list") {
  AclRef open;
  REQUIRE(open.is_open());
  REQUIRE(open.id() == kOpenAclId);
  REQUIRE(open.list() == open_acl());
}

TEST_CASE("zk_3306, zk_4689: numbers of a snapshot are kept, unknown ones admit nobody") {
  AclTable table;
  table.load(5, kRead);
  AclEntry* read = table.use(5);
  AclEntry* unknown = table.use(9);
  REQUIRE(read->list == kRead);
  REQUIRE(unknown->unknown);
  REQUIRE(unknown->list == AclList{{0, "world", "anyone"}});
  // The number must never come to stand for another list.
  REQUIRE(table.intern(kDigest)->id == 10);
  REQUIRE(table.intern(kRead) == read);
  auto all = table.list_all();
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].id() == 5);
  REQUIRE(all[1].id() == 10);
}

TEST_CASE("foreign snapshots may number the open list or one list twice") {
  AclTable table;
  table.load(3, open_acl());
  table.load(4, kRead);
  table.load(6, kRead);
  REQUIRE(table.use(3) == nullptr);
  REQUIRE(table.use(4) == table.use(6));
  REQUIRE(table.use(kOpenAclId) == nullptr);
  REQUIRE(table.intern(kDigest)->id == 7);
}

TEST_CASE("rows that no node uses are purged") {
  AclTable table;
  table.load(1, kRead);
  table.load(2, kDigest);
  table.use(2);
  table.purge_unused();
  REQUIRE(table.size() == 1);
  REQUIRE(table.intern(kRead)->id == 3);
}

TEST_CASE("all lists come in order, however many") {
  AclTable table;
  for (int i = 0; i < 5000; ++i) table.intern(AclList{{i, "world", "anyone"}});
  auto all = table.list_all();
  // 31 is the open list.
  REQUIRE(all.size() == 4999);
  for (size_t i = 1; i < all.size(); ++i) REQUIRE(all[i - 1].id() < all[i].id());
}

}  // namespace okapi
