#include "server/tree/node_table.h"

#include <catch2/catch.hpp>
#include <map>

#include "common/base/random.h"

namespace okapi {
namespace {

constexpr uint64_t kSeed = 42;

struct Owned {
  Znode* root = Znode::make("");
  std::map<std::string, Znode*> nodes;
  NodeTable table;

  Znode* insert(const std::string& name) {
    Znode* node = Znode::make(name);
    node->parent = root;
    PathHash hash = hash_path(kSeed, "/" + name);
    node->hash = hash.upper();
    table.insert(hash, node);
    nodes[name] = node;
    return node;
  }
  Znode* find(const std::string& path) const { return table.find(hash_path(kSeed, path), path); }
  void erase(const std::string& name) {
    auto it = nodes.find(name);
    table.erase(hash_path(kSeed, "/" + name), it->second);
    Znode::destroy(it->second);
    nodes.erase(it);
  }
  ~Owned() {
    for (auto& [name, node] : nodes) Znode::destroy(node);
    Znode::destroy(root);
  }
};

}  // namespace

TEST_CASE("what was inserted is found, what was erased is not") {
  Owned owned;
  Rng rng(7);
  for (int step = 0; step < 60000; ++step) {
    std::string name = std::to_string(rng.below(20000));
    bool there = owned.nodes.contains(name);
    REQUIRE((owned.find("/" + name) != nullptr) == there);
    if (there && rng.chance(2, 5)) {
      owned.erase(name);
    } else if (!there) {
      owned.insert(name);
    }
  }
  REQUIRE(owned.table.size() == owned.nodes.size());
  size_t walked = 0;
  owned.table.for_each([&](Znode*) { ++walked; });
  REQUIRE(walked == owned.nodes.size());
  for (const auto& [name, node] : owned.nodes) REQUIRE(owned.find("/" + name) == node);
}

TEST_CASE("a path is the whole path, not its last name") {
  Owned owned;
  Znode* parent = owned.insert("a");
  Znode* child = Znode::make("b");
  child->parent = parent;
  PathHash hash = hash_path(kSeed, "/a/b");
  child->hash = hash.upper();
  owned.table.insert(hash, child);
  // Whatever hash a wrong path has, it is compared by its names.
  for (std::string wrong : {"/x/b", "/b", "b", "/a/b/", "//a/b", "a/b", "/aa/b"}) {
    REQUIRE_FALSE(child->has_path(wrong));
    REQUIRE(owned.table.find(hash, wrong) == nullptr);
  }
  REQUIRE(child->has_path("/a/b"));
  REQUIRE(child->path() == "/a/b");
  REQUIRE(owned.table.find(hash, "/a/b") == child);
  owned.table.erase(hash, child);
  Znode::destroy(child);
}

TEST_CASE("hashes differ by every byte, by length and by seed") {
  std::map<uint64_t, std::string> seen;
  std::string base(100, 'x');
  for (size_t size = 0; size <= base.size(); ++size) {
    std::string text = base.substr(0, size);
    REQUIRE(seen.emplace(hash_path(1, text).bits, text).second);
    REQUIRE(seen.emplace(hash_path(2, text).bits, text).second);
    for (size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = 'y';
      REQUIRE(seen.emplace(hash_path(1, other).bits, other).second);
    }
  }
}

}  // namespace okapi
