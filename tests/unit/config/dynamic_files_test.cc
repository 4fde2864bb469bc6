#include "server/config/dynamic_files.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "server/config/java_hash_order.h"
#include "server/config/java_properties.h"
#include "server/config/membership_files.h"
#include "tests/support/image_disk.h"

namespace okapi {
namespace {

// Recorded from QuorumPeerConfig.editStaticConfig and writeDynamicConfig of 3.8.0.
std::string golden(const std::string& name) {
  std::string path = std::string(OKAPI_TEST_DATA) + "/config/" + name;
  FILE* file = fopen(path.c_str(), "rb");
  INFO(path);
  REQUIRE(file != nullptr);
  std::string text(1 << 16, '\0');
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  return text;
}

QuorumConfig config_of(const std::string& text) {
  auto config = QuorumConfig::parse(text, {});
  REQUIRE(config.ok());
  return *config;
}

const std::string kDynamic = "/tmp/okapi-golden/zoo.cfg.dynamic.5";

TEST_CASE("the names of the dynamic files") {
  CHECK(next_file_name("/c/zoo.cfg") == "/c/zoo.cfg.dynamic.next");
  CHECK(dynamic_file_name("/c/zoo.cfg", 0x100000002) == "/c/zoo.cfg.dynamic.100000002");
  CHECK(version_of_file_name("/c/zoo.cfg.dynamic.1f") == 0x1f);
  CHECK(version_of_file_name("/c/zoo.cfg.dynamic.0") == 0);
  CHECK(version_of_file_name("zoo.cfg.dynamic") == std::nullopt);
  CHECK(version_of_file_name("/c.d/e") == std::nullopt);
  CHECK(version_of_file_name("zoo.cfg.dynamic.-1") == std::nullopt);
  CHECK(version_of_file_name("plain") == std::nullopt);
}

TEST_CASE("dynamic files are those of the reference") {
  QuorumConfig config = config_of(golden("members.txt"));
  CHECK(dynamic_file_text(config) == golden("members.dynamic"));
  CHECK(next_file_text(config) == golden("members.next"));
}

TEST_CASE("the rewritten config file is that of the reference") {
  CHECK(*static_file_text(golden("usual.cfg"), kDynamic, false) == golden("usual.after"));
  CHECK(*static_file_text(golden("usual.cfg"), kDynamic, true) == golden("usual-moves.after"));
  CHECK(*static_file_text(golden("many.cfg"), kDynamic, false) == golden("many.after"));
}

TEST_CASE("a rewritten config file loses no character of a value") {
  auto text = static_file_text(
      "a\\ key\\=x=back\\\\slash \\u00e9 \\uD83D\\uDE00 \\t#!=:\nb=\n\\#c=d\n", "/c d/e", false);
  REQUIRE(text.ok());
  JavaProperties again = parse_java_properties(*text);
  REQUIRE(again.entries.size() == 4);
  auto value = [&](const std::string& key) -> std::string {
    for (const Property& entry : again.entries) {
      if (entry.key == key) return entry.value;
    }
    return "missing";
  };
  CHECK(value("a key=x") == "back\\slash \xC3\xA9 \xF0\x9F\x98\x80 \t#!=:");
  CHECK(value("b").empty());
  CHECK(value("#c") == "d");
  CHECK(value("dynamicConfigFile") == "/c d/e");
  CHECK(static_file_text("x=1\ny=\\uzz\n", "/d", false).error().text ==
        "line 2: Malformed \\uxxxx encoding.");
}

TEST_CASE("the client address moves with a client part of the own line") {
  QuorumConfig config = config_of("server.1=a:1:2;2181\nserver.2=b:1:2");
  CHECK(client_address_moves(config, ServerId(1)));
  CHECK_FALSE(client_address_moves(config, ServerId(2)));
  CHECK_FALSE(client_address_moves(config, ServerId(3)));
  CHECK_FALSE(
      client_address_moves(config.with_static_client(ServerId(2), {"0.0.0.0", 2181}), ServerId(2)));
}

const std::string kZooCfg = "/c/zoo.cfg";
const std::string kOld = "dataDir=/d\nclientPort=2181\nserver.1=a:1:2;2181\nserver.2=b:1:2;2181\n";

TEST_CASE("a committed membership: dynamic file, then the pointer to it") {
  ImageDisk disk;
  disk.put(kZooCfg, kOld);
  MembershipFiles files(disk, kZooCfg);
  QuorumConfig config = config_of("server.1=a:1:2;2181\nserver.2=b:1:2;2181\nversion=100000000");
  REQUIRE(files.back_up().ok());
  REQUIRE(files.write_next(config).ok());
  CHECK(disk.content("/c/zoo.cfg.dynamic.next") == config.text());
  REQUIRE(files.write_committed(config, ServerId(1)).ok());
  REQUIRE(files.remove_next().ok());
  REQUIRE(files.remove_next().ok());
  CHECK(disk.content("/c/zoo.cfg.bak") == kOld);
  CHECK(disk.content(kZooCfg) == "dataDir=/d\ndynamicConfigFile=/c/zoo.cfg.dynamic.100000000\n");
  CHECK(disk.content("/c/zoo.cfg.dynamic.100000000") ==
        "server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:participant;0.0.0.0:2181");
  CHECK(disk.files() ==
        std::vector<std::string>{kZooCfg, "/c/zoo.cfg.bak", "/c/zoo.cfg.dynamic.100000000"});
}

TEST_CASE("a crash while a membership is committed leaves the old config file or the new one") {
  QuorumConfig config = config_of("server.1=a:1:2;2181\nserver.2=b:1:2;2181\nversion=5");
  bool finished = false;
  for (uint64_t crash = 0; !finished; ++crash) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      ImageDisk disk;
      disk.put(kZooCfg, kOld);
      disk.crash_after(crash);
      finished = MembershipFiles(disk, kZooCfg).write_committed(config, ServerId(1)).ok();
      Rng dice(seed);
      disk.restart(ImageDisk::Crash::kPower, dice);
      const std::string after = disk.content(kZooCfg);
      INFO(crash << " " << after);
      if (after == kOld) {
        CHECK_FALSE(finished);
      } else {
        CHECK(after == "dataDir=/d\ndynamicConfigFile=/c/zoo.cfg.dynamic.5\n");
        CHECK(disk.content("/c/zoo.cfg.dynamic.5") == dynamic_file_text(config));
      }
    }
  }
}

TEST_CASE("a config file that is gone or malformed is not rewritten") {
  ImageDisk disk;
  MembershipFiles files(disk, kZooCfg);
  QuorumConfig config = config_of("server.1=a:1:2;2181\nserver.2=b:1:2;2181\nversion=5");
  CHECK_FALSE(files.back_up().ok());
  CHECK(files.write_committed(config, ServerId(1)).error().kind == ErrorKind::kNotFound);
  disk.put(kZooCfg, "x=\\uzz");
  CHECK(files.write_committed(config, ServerId(1)).error().text ==
        "/c/zoo.cfg: line 1: Malformed \\uxxxx encoding.");
  CHECK(disk.content(kZooCfg) == "x=\\uzz");
}

}  // namespace
}  // namespace okapi
