#include "server/config/membership.h"

#include <catch2/catch.hpp>

#include "tests/unit/config/support.h"

namespace okapi {
namespace {

// Two voters and an observer, of which this one is `id`.
const std::string kThree =
    "initLimit=10\nsyncLimit=5\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer\n";

Files my_id(const std::string& id) { return {{"/d/myid", id}}; }

std::string ensemble_failure(const std::string& text, Files files = my_id("1")) {
  return failure_of(parse_more(text, {}, std::move(files)));
}

TEST_CASE("what a server of an ensemble knows of itself and the others") {
  LoadedConfig loaded = parse_more(kThree + "clientPort=2181\nversion=5\n", {}, my_id("3"));
  REQUIRE(loaded.ok());
  const QuorumSettings& quorum = loaded.config.quorum;
  CHECK(quorum.is_distributed());
  CHECK(quorum.members->version() == 5);
  CHECK(quorum.members->voters().size() == 2);
  CHECK(quorum.last_seen == nullptr);
  CHECK(loaded.config.my_id == 3);
  CHECK(loaded.config.server_id == 3);
  // The client address of the file goes into the own member, unprinted.
  CHECK(loaded.config.client.address == HostPort{"", 2181});
  CHECK(quorum.members->find(ServerId(3))->client == HostPort{"0.0.0.0", 2181});
  CHECK(quorum.members->text().find("2181") == std::string::npos);
  CHECK_FALSE(quorum.members->find(ServerId(1))->client);
  CHECK(quorum.peer_type == PeerType::kObserver);
  CHECK(warns(loaded,
              "Peer type from servers list (OBSERVER) doesn't match peerType (PARTICIPANT). "
              "Defaulting to servers list."));
  CHECK(warns(loaded, "No server failure will be tolerated. You need at least 3 servers."));
  // Nobody serves clients without a port.
  CHECK_FALSE(parse_more(kThree, {}, my_id("3")).config.quorum.members->find(ServerId(3))->client);

  LoadedConfig four =
      parse_more(kThree + "server.4=d:1:2\nserver.5=e:1:2\npeerType=observer\n", {}, my_id("1"));
  CHECK(warns(four, "Non-optimal configuration, consider an odd number of servers."));
  CHECK(four.config.quorum.peer_type == PeerType::kParticipant);
  LoadedConfig five = parse_more(kThree + "server.4=d:1:2\npeerType=participant\n", {}, my_id("1"));
  CHECK(five.warnings.empty());
}

TEST_CASE("x_cfg_03 x_cfg_04 what an ensemble cannot do without") {
  CHECK(ensemble_failure("syncLimit=5\nserver.1=a:1:2\nserver.2=b:1:2\n") ==
        "initLimit is not set");
  CHECK(ensemble_failure("initLimit=5\nserver.1=a:1:2\nserver.2=b:1:2\n") ==
        "syncLimit is not set");
  CHECK(ensemble_failure("initLimit=-5\nsyncLimit=1\nserver.1=a:1:2\nserver.2=b:1:2\n") ==
        "initLimit must be positive");
  CHECK(ensemble_failure("initLimit=5\nsyncLimit=-1\nserver.1=a:1:2\nserver.2=b:1:2\n") ==
        "syncLimit must be positive");
  CHECK(ensemble_failure(kThree, {}) == "myid file is missing");
  CHECK(ensemble_failure("standaloneEnabled=false\n") ==
        "standaloneEnabled = false then number of participants should be >0");
  CHECK(ensemble_failure("server.1=a:1:2:observer\n") ==
        "Observers w/o participants is an invalid configuration");
  CHECK(ensemble_failure("server.1=a:1:2\nserver.2=b:1:2:OBSERVER\n") ==
        "Observers w/o quorum is an invalid configuration");
  LoadedConfig stranger = parse_more(kThree, {}, my_id("9"));
  CHECK(failure_of(stranger) == "My id 9 not in the peer list: 1, 2, 3");
  CHECK(stranger.failure->exit_code == ExitCode::kUnexpectedError);
}

TEST_CASE("a server id above 254 leaves no room for TTL nodes") {
  const std::string text =
      "initLimit=1\nsyncLimit=1\nserver.254=a:1:2\nserver.255=b:1:2\nserver.-3=c:1:2\n";
  LoadedConfig loaded = parse_more(text + "extendedTypesEnabled=true\n", {}, my_id("255"));
  CHECK(failure_of(loaded) ==
        "extendedTypesEnabled is true but Server ID is too large. Cannot be larger than 254");
  CHECK(loaded.failure->exit_code == ExitCode::kUnexpectedError);
  CHECK(parse_more(text + "extendedTypesEnabled=true\n", {}, my_id("254")).ok());
  CHECK(parse_more(text, {}, my_id("255")).ok());
  CHECK(parse_more(text, {}, my_id("-3")).config.server_id == -3);
}

TEST_CASE("x_cfg_03 groups and weights of the file") {
  const std::string groups = kThree + "group.1=1:2\n";
  LoadedConfig loaded = parse_more(groups + "weight.1=2\n", {}, my_id("1"));
  REQUIRE(loaded.ok());
  CHECK(loaded.config.quorum.members->weight(ServerId(1)) == 2);
  CHECK(ensemble_failure(groups + "weight.1=0\nweight.2=0\n") ==
        "all groups have weight 0: there can be no quorum");
  CHECK(ensemble_failure(groups + "group.2=2\n") ==
        "zoo.cfg:8: group.2=2: Server 2is in multiple groups");
  CHECK(ensemble_failure(kThree + "group.1=1\n") == "Server 2is not in a group");
  CHECK(ensemble_failure(kThree + "weight.1=x\n") ==
        "zoo.cfg:7: weight.1=x: For input string: \"x\"");
}

TEST_CASE("several addresses need multiAddress.enabled, in the file or as property") {
  const std::string line = "server.1=a:1:2|b:1:2\n";
  CHECK(failure_of(parse_more(line)).ends_with("addresses were specified for sid 1"));
  CHECK(parse_more("multiAddress.enabled=true\n" + line)
            .config.quorum.members->find(ServerId(1))
            ->addresses.size() == 2);
  CHECK(parse_more(line, {"-Dzookeeper.multiAddress.enabled=true"}).ok());
  // The file wins over -D.
  LoadedConfig both =
      parse_more("multiAddress.enabled=false\n" + line, {"-Dzookeeper.multiAddress.enabled=true"});
  CHECK(failure_of(both).ends_with("addresses were specified for sid 1"));
  CHECK(warns(both, "-Dzookeeper.multiAddress.enabled has no effect: the file sets it"));
}

TEST_CASE("x_cfg_05 the version of a dynamic file is in its name, the next one beside the config") {
  const std::string text =
      "initLimit=1\nsyncLimit=1\nreconfigEnabled=true\ndynamicConfigFile=/c/zoo.cfg.dynamic.1f\n";
  Files files = {{"/c/zoo.cfg.dynamic.1f", "server.1=a:1:2;2181\nserver.2=b:1:2;2181"},
                 {"/d/myid", "1"}};
  LoadedConfig loaded = parse_more(text, {}, files);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.quorum.members->version() == 0x1f);
  CHECK(loaded.config.quorum.last_seen == nullptr);

  files["zoo.cfg.dynamic.next"] = "server.1=a:1:2;2181\nversion=20";
  loaded = parse_more(text, {}, files);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.quorum.last_seen->version() == 0x20);
  CHECK(loaded.config.quorum.last_seen->members().size() == 1);
  // Without reconfig nothing is ever proposed.
  CHECK(parse_more("reconfigEnabled=false\n" + text.substr(0, 24) +
                       "dynamicConfigFile=/c/zoo.cfg.dynamic.1f\n",
                   {}, files)
            .config.quorum.last_seen == nullptr);
  files["zoo.cfg.dynamic.next"] = "\nserver.1=a:1:1";
  CHECK(failure_of(parse_more(text, {}, files)).starts_with("zoo.cfg.dynamic.next:2: server.1="));
  files["zoo.cfg.dynamic.next"] = "server.1=\\uzz";
  CHECK(failure_of(parse_more(text, {}, files)).starts_with("zoo.cfg.dynamic.next:1: Malformed"));
}

TEST_CASE("a next file that cannot be read is passed over with a warning") {
  Files files = {{"/c/dyn", "server.1=a:1:2;2181\nserver.2=b:1:2;2181"}, {"/d/myid", "1"}};
  auto plain = reader_of(files);
  auto reader = [&](const std::string& path) -> Result<std::optional<std::string>> {
    if (path.ends_with(".next")) return Error{ErrorKind::kIo, "no light"};
    return plain(path);
  };
  LoadedConfig loaded = parse_config(
      "zoo.cfg",
      "dataDir=/d\ninitLimit=1\nsyncLimit=1\nreconfigEnabled=true\ndynamicConfigFile=/c/dyn\n", {},
      reader);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.quorum.members->version() == 0);
  CHECK(loaded.config.quorum.last_seen == nullptr);
  CHECK(warns(loaded, "zoo.cfg.dynamic.next: no light; it is passed over"));
}

TEST_CASE("x_cfg_03 one voter runs standalone on the client address of its line") {
  const Files seven = my_id("7\nrest");
  LoadedConfig loaded = parse_more("server.7=host:2888:3888;127.0.0.1:2190 \n", {}, seven);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.client.address == HostPort{"127.0.0.1", 2190});
  CHECK(loaded.config.my_id == 7);
  CHECK(loaded.config.server_id == 0);
  CHECK(warns(loaded, "Invalid configuration, only one server specified (ignoring)"));
  CHECK_FALSE(parse_more("server.7=host:2888:3888;2190\n").config.client.address);
  CHECK(parse_more("clientPort=2181\nserver.8=host:2888:3888;2190\n", {}, seven)
            .config.client.address == HostPort{"", 2181});
}

TEST_CASE("x_cfg_03 the client port must be the one of the own line") {
  CHECK(failure_of(parse_more("clientPort=2181\nserver.1=h:1:2;2182\n", {}, my_id("1"))) ==
        "client address for this server (id = 1) in static config file is 0.0.0.0:2181 is "
        "different from client address found in dynamic file: 0.0.0.0:2182");
  CHECK(parse_more("clientPort=2181\nserver.1=h:1:2;127.0.0.1:2181\n", {}, my_id("1")).ok());
}

TEST_CASE("x_cfg_04 a bad myid ends a standalone start too") {
  auto failure = [](const char* content) {
    return failure_of(parse_more("", {}, {{"/d/myid", content}}));
  };
  CHECK(failure("") == "/d/myid:1: serverid null is not a number");
  CHECK(failure("one\n") == "/d/myid:1: serverid one is not a number");
  CHECK(failure("1 \n") == "/d/myid:1: serverid 1  is not a number");
  CHECK(failure("1\n2\n").empty());
  CHECK(failure("1\r\n").empty());
}

TEST_CASE("x_cfg_05 membership in a separate file, and only there") {
  Files files = {{"/c/dyn", "server.1=h:1:2;2181\n"}, {"/d/myid", "1"}};
  LoadedConfig loaded = parse_more("dynamicConfigFile=/c/dyn\n", {}, files);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.client.address == HostPort{"0.0.0.0", 2181});
  CHECK(failure_of(parse_more("dynamicConfigFile=/c/dyn\nserver.1=h:1:2\n", {}, files))
            .ends_with("parameter: server.1 must be in a separate dynamic config file"));
  CHECK(failure_of(parse_more("dynamicConfigFile=/c/no\n")) ==
        "Error processing /c/no: file is missing");
  CHECK(failure_of(parse_more("dynamicConfigFile=/c/dyn\n", {}, {{"/c/dyn", "version=1"}}))
            .ends_with("dynamic file shouldn't have version inside"));
  CHECK(failure_of(parse_more("dynamicConfigFile=/c/dyn\n", {}, {{"/c/dyn", "\ntickTime=1"}})) ==
        "/c/dyn:2: Unrecognised parameter: tickTime");
}

}  // namespace
}  // namespace okapi
