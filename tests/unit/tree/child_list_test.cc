#include "server/tree/child_list.h"

#include <catch2/catch.hpp>
#include <set>

#include "server/tree/znode.h"

namespace okapi {
namespace {

struct Nodes {
  std::vector<Znode*> all;
  Znode* make() { return all.emplace_back(Znode::make("n")); }
  ~Nodes() {
    for (Znode* node : all) Znode::destroy(node);
  }
};

}  // namespace

TEST_CASE("a child keeps its position while others come and go") {
  Nodes nodes;
  ChildList list;
  std::vector<uint32_t> positions;
  for (int i = 0; i < 1000; ++i) positions.push_back(list.add(nodes.make()));
  for (size_t i = 0; i < 1000; i += 2) list.remove(positions[i]);
  REQUIRE(list.count() == 500);
  std::set<const Znode*> seen;
  list.visit(0, ~size_t{0}, [&](Znode& node) { seen.insert(&node); });
  REQUIRE(seen.size() == 500);
  for (size_t i = 1; i < 1000; i += 2) {
    Znode* there = nullptr;
    list.visit(positions[i], 1, [&](Znode& node) { there = &node; });
    REQUIRE(there == nodes.all[i]);
  }
}

TEST_CASE("a new child fills the latest hole and nothing grows") {
  Nodes nodes;
  ChildList list;
  for (int i = 0; i < 300; ++i) list.add(nodes.make());
  list.remove(7);
  list.remove(290);
  REQUIRE(list.add(nodes.make()) == 290);
  REQUIRE(list.add(nodes.make()) == 7);
  REQUIRE(list.add(nodes.make()) == 300);
  REQUIRE(list.end() == 301);
}

TEST_CASE("a walk in slices meets each child once") {
  Nodes nodes;
  ChildList list;
  for (int i = 0; i < 777; ++i) list.add(nodes.make());
  for (uint32_t i = 100; i < 500; ++i) list.remove(i);
  size_t seen = 0;
  uint32_t position = 0;
  for (;;) {
    size_t now = 0;
    position = list.visit(position, 10, [&](Znode&) { ++now; });
    seen += now;
    if (now < 10) break;
  }
  REQUIRE(seen == 377);
}

}  // namespace okapi
