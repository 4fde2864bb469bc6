#include "common/proto/path_trie.h"

#include <catch2/catch.hpp>

namespace okapi {

TEST_CASE("a path trie finds the prefixes of a path, by components") {
  PathTrie<int> trie;
  trie["/"] = 1;
  trie["/a/b"] = 2;
  trie["/a/b/c"] = 3;
  trie["/a/"] = 4;
  auto prefixes = [&](ByteView path) {
    std::string out;
    trie.for_each_prefix(path, [&](ByteView prefix, int value) {
      out += std::string(prefix) + "=" + std::to_string(value) + " ";
    });
    return out;
  };
  REQUIRE(prefixes("/a/b/c/d") == "/=1 /a/b=2 /a/b/c=3 ");
  REQUIRE(prefixes("/a") == "/=1 ");
  REQUIRE(prefixes("/ab/b") == "/=1 ");
  REQUIRE(prefixes("/a/") == "/=1 /a/=4 ");
  REQUIRE(*trie.find("/a/b") == 2);
  REQUIRE(trie.find("/a") == nullptr);
  trie.erase("/a/b");
  trie.erase("/none");
  REQUIRE(prefixes("/a/b/c/d") == "/=1 /a/b/c=3 ");
  trie.erase("/a/b/c");
  trie.erase("/a/");
  trie.erase("/");
  REQUIRE(trie.empty());
  REQUIRE(prefixes("/a/b/c/d") == "");
}

}  // namespace okapi
