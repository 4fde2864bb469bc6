#include <catch2/catch.hpp>

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

TEST_CASE("x_cfg_06 a relative data directory is wondered about") {
  LoadedConfig loaded = parse("dataDir=data\ndataLogDir=./logs\n");
  REQUIRE(loaded.ok());
  CHECK(loaded.warnings ==
        std::vector<std::string>{"data is relative. Prepend ./ to indicate that you're sure!"});
}

}  // namespace
}  // namespace okapi
