#include <catch2/catch.hpp>

#include "server/auth/ip_address.h"
#include "server/auth/ip_provider.h"

namespace okapi {
namespace {

TEST_CASE("x_cli_16 ip ids: addresses and networks, nothing else") {
  IpProvider ip;
  for (const char* id : {"1.2.3.4", "0.0.0.0/0", "1.2.3.4/32", "001.2.3.4", "::", "::1", "1::",
                         "1:2:3:4:5:6:7:8", "::/0", "fe80::1/128", "::ffff:102:304", "1::8"}) {
    INFO(id);
    CHECK(ip.is_valid_id(id));
  }
  for (const char* id : {"",
                         "1.2.3",
                         "1.2.3.4.5",
                         "1.2.3.256",
                         "1.2.3.-1",
                         "1.2.3.4/33",
                         "1.2.3.4/-1",
                         "1.2.3.4/",
                         "1.2.3.4/x",
                         "::/129",
                         ":::",
                         "1::2::3",
                         "1:2:3:4:5:6:7",
                         "1:2:3:4:5:6:7:8:9",
                         "12345::",
                         "1:2:3:4:5:6:7::8",
                         "g::",
                         "host",
                         "::ffff:1.2.3.4",
                         "1.2.3.4/8/9",
                         ":1:2:3:4:5:6:7",
                         "fe80::1%eth0"}) {
    INFO(id);
    CHECK_FALSE(ip.is_valid_id(id));
  }
}

TEST_CASE("ip matches by the leading bits of the same family") {
  IpProvider ip;
  CHECK(ip.matches("10.1.2.3", "10.1.2.3"));
  CHECK_FALSE(ip.matches("10.1.2.4", "10.1.2.3"));
  CHECK(ip.matches("10.1.2.4", "10.1.2.3/29"));
  CHECK_FALSE(ip.matches("10.1.2.8", "10.1.2.3/29"));
  CHECK(ip.matches("10.1.2.4", "0.0.0.0/0"));
  CHECK_FALSE(ip.matches("0:0:0:0:0:0:0:1", "0.0.0.0/0"));
  CHECK(ip.matches("0:0:0:0:0:0:0:1", "::1"));
  CHECK(ip.matches("fe80:0:0:0:0:0:0:9%eth0", "fe80::/10"));
  CHECK(ip.matches("2001:db8:1:0:0:0:0:1", "2001:db8::/33"));
  CHECK_FALSE(ip.matches("2001:db8:8000:0:0:0:0:1", "2001:db8::/33"));
  CHECK_FALSE(ip.matches("garbage", "0.0.0.0/0"));
}

TEST_CASE("addresses as Java shows them") {
  CHECK(java_host_address("127.0.0.1") == "127.0.0.1");
  CHECK(java_host_address("::1") == "0:0:0:0:0:0:0:1");
  CHECK(java_host_address("fe80::a:1%eth0") == "fe80:0:0:0:0:0:a:1%eth0");
  CHECK(java_host_address("::ffff:1.2.3.4") == "1.2.3.4");
  CHECK(java_host_address("::ffff:102:304") == "1.2.3.4");
  CHECK(java_host_address("odd") == "odd");
}

}  // namespace
}  // namespace okapi
