#include "server/config/server_line.h"

#include <catch2/catch.hpp>

#include "tests/unit/config/support.h"

namespace okapi {
namespace {

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
  CHECK(error("h i:1:2") == "not a host name: h i");
  CHECK(error("h\xC3\xA9:1:2") == "not a host name: h\\xc3\\xa9");
  CHECK(error("h:1:2;a=b:3") == "not a host name: a=b");
  CHECK(error("fe80::1:1:2").find(form) != std::string::npos);
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

}  // namespace
}  // namespace okapi
