#include <catch2/catch.hpp>

#include "server/config/server_line.h"
#include "tests/unit/config/support.h"

namespace okapi {
namespace {

TEST_CASE("the checks after parsing, in the reference's words") {
  CHECK(failure_of(parse("clientPort=2181\n")) == "zoo.cfg: dataDir is not set");
  CHECK(failure_of(parse_more("clientPortAddress=127.0.0.1\n")) ==
        "clientPortAddress is set but clientPort is not set");
  CHECK(failure_of(parse_more("secureClientPortAddress=127.0.0.1\n")) ==
        "secureClientPortAddress is set but secureClientPort is not set");
  CHECK(failure_of(parse_more("tickTime=0\n")) == "tickTime is not set");
  CHECK(failure_of(parse_more("minSessionTimeout=5\nmaxSessionTimeout=4\n")) ==
        "minSessionTimeout must not be larger than maxSessionTimeout");
  CHECK(failure_of(parse_more("quorum.auth.serverRequireSasl=true\n")) ==
        "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.serverRequireSasl");
  CHECK(failure_of(parse_more("metricsProvider.className=x.Y\n")) ==
        "zoo.cfg:2: metricsProvider.className=x.Y: metrics provider class was not found");
  CHECK(failure_of(parse_more("standaloneEnabled=false\n")) ==
        "standaloneEnabled = false then number of participants should be >0");
  CHECK(failure_of(parse_more("enforce.auth.enabled=true\n"))
            .find("enforce.auth.schemes must be  configured.") != std::string::npos);
}

TEST_CASE("checks come in order: the SASL flags before dataDir before the ports") {
  CHECK(failure_of(parse("quorum.auth.learnerRequireSasl=true\nclientPortAddress=x\n"))
            .starts_with("quorum.auth.enableSasl"));
  CHECK(failure_of(parse("clientPortAddress=x\ntickTime=0\n")) == "zoo.cfg: dataDir is not set");
}

TEST_CASE("port 0 is a port, no port is a server without clients") {
  CHECK(parse_more("clientPort=0\nclientPortAddress=::1\n").config.client.address ==
        HostPort{"::1", 0});
  CHECK_FALSE(parse_more("").config.client.address);
}

TEST_CASE("session time-outs beyond 32 bits stay at the largest") {
  LoadedConfig loaded = parse_more("tickTime=2000000000\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.config.session.min_timeout_ms == 2147483647);
}

TEST_CASE("x_cfg_03 one voter runs standalone on the client address of its line") {
  Files my_id = {{"/d/myid", "7\nrest"}};
  LoadedConfig loaded = parse_more("server.7=host:2888:3888;127.0.0.1:2190 \n", {}, my_id);
  REQUIRE(loaded.ok());
  CHECK(loaded.config.client.address == HostPort{"127.0.0.1", 2190});
  CHECK(loaded.config.my_id == 7);
  CHECK(loaded.config.server_id == 0);
  CHECK(warns(loaded, "Invalid configuration, only one server specified (ignoring)"));
  CHECK_FALSE(parse_more("server.7=host:2888:3888;2190\n").config.client.address);
  CHECK(parse_more("clientPort=2181\nserver.8=host:2888:3888;2190\n", {}, my_id)
            .config.client.address == HostPort{"", 2181});
}

TEST_CASE("x_cfg_03 the client port must be the one of the own line") {
  Files my_id = {{"/d/myid", "1"}};
  CHECK(failure_of(parse_more("clientPort=2181\nserver.1=h:1:2;2182\n", {}, my_id)) ==
        "client address for this server (id = 1) in static config file is 0.0.0.0:2181 is "
        "different from client address found in dynamic file: 0.0.0.0:2182");
  CHECK(parse_more("clientPort=2181\nserver.1=h:1:2;127.0.0.1:2181\n", {}, my_id).ok());
}

TEST_CASE("x_cfg_03 ensembles are refused by name") {
  CHECK(failure_of(parse_more("server.1=a:1:2\nserver.2=b:1:2\n")) ==
        "several voting servers are not supported yet");
  CHECK(failure_of(parse_more("standaloneEnabled=false\nserver.1=a:1:2\n")) ==
        "standaloneEnabled=false: not supported yet");
  CHECK(failure_of(parse_more("server.1=a:1:2:observer\n")) ==
        "Observers w/o participants is an invalid configuration");
  CHECK(failure_of(parse_more("server.1=a:1:2\nserver.2=b:1:2:OBSERVER\n")) ==
        "Observers w/o quorum is an invalid configuration");
}

TEST_CASE("x_cfg_03 server lines with a fault") {
  auto error = [](const char* value, const char* key = "server.1", bool multi = false) {
    auto line = parse_server_line(key, value, multi);
    return line.ok() ? std::string() : line.error().text;
  };
  const std::string form = " does not have the form server_config or server_config;client_config";
  CHECK(error("h:1").starts_with("h:1" + form));
  CHECK(error("h:1:2:participant:x").find(form) != std::string::npos);
  CHECK(error("h:1:2;1;2").find(form) != std::string::npos);
  CHECK(error("h:1:2;a:b:3").find(form) != std::string::npos);
  CHECK(error("h:1:b") == "Address unresolved: h:b");
  CHECK(error("h:1:70000") == "port out of range:70000");
  CHECK(error("h:1:1") ==
        "Client and election port must be different! Please update the configuration file on "
        "server.1");
  CHECK(error("h:1:2|g:1:2") ==
        "Multiple address feature is disabled, but multiple addresses were specified for sid 1");
  CHECK(error("h:1:2:observer|g:1:2:participant", "server.1", true) ==
        "Multiple addresses should have similar roles: OBSERVER vs PARTICIPANT");
  CHECK(error("h:1:2:boss") == "Unrecognised peertype: boss");
  CHECK(error("h:1:2", "server.x") == "For input string: \"x\"");
  CHECK(error("[::1:1:2") == "[::1:1:2 starts with '[' but has no matching ']:'");
  CHECK(error("[::1]:") == "[::1]: doesn't have a port after colon");
  CHECK(failure_of(parse_more("server.1=h:1:1\n")).starts_with("zoo.cfg:2: server.1=h:1:1: "));
}

TEST_CASE("server lines without a fault") {
  auto line = parse_server_line("server.3", "[::1]:1:2:Observer;[::2]:2181", false);
  REQUIRE(line.ok());
  CHECK(line->sid == ServerId(3));
  CHECK(line->observer);
  CHECK(line->addresses == std::vector<PeerAddress>{{"0:0:0:0:0:0:0:1", 1, 2}});
  CHECK(line->client == HostPort{"0:0:0:0:0:0:0:2", 2181});
  CHECK(parse_server_line("server.1", "a:1:2|b:1:2|a:1:2;", true)->addresses.size() == 2);
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

TEST_CASE("x_cfg_06 a relative data directory is wondered about") {
  LoadedConfig loaded = parse("dataDir=data\ndataLogDir=./logs\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.warnings ==
        std::vector<std::string>{"data is relative. Prepend ./ to indicate that you're sure!"});
}

}  // namespace
}  // namespace okapi
