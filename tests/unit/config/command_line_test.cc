#include "server/config/command_line.h"

#include <catch2/catch.hpp>

#include "server/config/config_parser.h"

namespace okapi {
namespace {

using Source = CommandLine::Source;

CommandLine of(const std::vector<std::string>& arguments, const JvmFlags& flags = {}) {
  return parse_command_line(arguments, flags);
}

// A disk without any file.
class EmptyDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode) override {
    return Error{ErrorKind::kNotFound, path};
  }
  Result<std::vector<DirEntry>> list(const std::string&) override {
    return std::vector<DirEntry>();
  }
  Result<bool> exists(const std::string&) override { return false; }
  Status make_directories(const std::string&) override { return {}; }
  Status rename(const std::string&, const std::string&) override { return {}; }
  Status unlink(const std::string&) override { return {}; }
  Status sync_directory(const std::string&) override { return {}; }
  bool writable(const std::string&) override { return false; }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, ByteView) override {
    return Error{ErrorKind::kBusy, path};
  }
  Result<uint64_t> free_bytes(const std::string&) override { return uint64_t{0}; }
};

TEST_CASE("the forms of the command line") {
  CHECK(of({"zoo.cfg"}).source == Source::kFile);
  CHECK(of({"zoo.cfg"}).file == "zoo.cfg");
  CHECK(of({"2181"}).source == Source::kFile);  // one argument is a file name
  CHECK(of({"--default"}).source == Source::kDefault);
  CHECK(of({"2181", "/d"}).source == Source::kArguments);
  CHECK(of({"--adopt-data", "zoo.cfg"}).adopt_data);
}

TEST_CASE("wrong arguments end with usage and 2") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {}, {"--default", "x"}, {"1", "2", "3", "4", "5"}, {"--what"}, {"-Dx=y"}}) {
    CommandLine line = of(arguments);
    REQUIRE(line.failure);
    CHECK(line.failure->exit_code == ExitCode::kInvalidInvocation);
    CHECK(line.failure->text.find("Usage: okapi-server") != std::string::npos);
  }
}

TEST_CASE("-D from arguments and environment, last one wins by order") {
  CommandLine line = of({"f", "-Da=3", "-Db", "-Dc=d=e"}, {"-Xmx1000m -Da=1", "  -Da=2 "});
  REQUIRE_FALSE(line.failure);
  CHECK(line.properties == std::vector<std::pair<std::string, std::string>>{
                               {"a", "1"}, {"a", "2"}, {"a", "3"}, {"b", ""}, {"c", "d=e"}});
  CHECK(line.warnings ==
        std::vector<std::string>{
            "ignored: SERVER_JVMFLAGS option -Xmx1000m has no effect in this server"});
}

TEST_CASE("plain arguments give port, directory, tick and connections") {
  EmptyDisk disk;
  LoadedConfig loaded =
      load_config(of({"2181", "data", "500", "7", "-Dzookeeper.snapCount=9"}), disk);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.client.address == HostPort{"", 2181});
  CHECK(loaded.config.storage.data_log_dir == "data");
  CHECK(loaded.config.session.max_timeout_ms == 10000);
  CHECK(loaded.config.limits.connections_per_ip_max == 7);
  CHECK(loaded.config.storage.snap_count == 9);
  // Without a file the default is no bound per address.
  CHECK(load_config(of({"0", "d"}), disk).config.limits.connections_per_ip_max == 0);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"x", "d"}, {"70000", "d"}, {"1", "d", "x"}, {"1", "d", "1", "x"}, {"1", "d", "-1"}}) {
    LoadedConfig bad = load_config(of(arguments), disk);
    REQUIRE(bad.failure);
    CHECK(bad.failure->exit_code == ExitCode::kInvalidInvocation);
  }
}

TEST_CASE("a file that is not there") {
  EmptyDisk disk;
  LoadedConfig loaded = load_config(of({"/no/zoo.cfg"}), disk);
  REQUIRE(loaded.failure);
  CHECK(loaded.failure->text == "Error processing /no/zoo.cfg: /no/zoo.cfg file is missing");
  CHECK(load_config(of({"--default"}), disk).ok());
}

}  // namespace
}  // namespace okapi
