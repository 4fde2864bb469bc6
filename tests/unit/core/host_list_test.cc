#include "client/core/host_list.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace okapi;

TEST_CASE("connect_string_names_hosts_and_chroot") {
  auto parsed = parse_connect_string("a:1,[::1]:2,c/app/x").value();
  CHECK(parsed.hosts == std::vector<HostPort>{{"a", 1}, {"::1", 2}, {"c", 2181}});
  CHECK(parsed.chroot == "/app/x");
  CHECK(parse_connect_string("a/").value().chroot.empty());
  for (ByteView wrong : {"", "a:", "a:1,", "a:99999", "a:1x", "[::1", "a:1/b/", "a:1//b"}) {
    CHECK_FALSE(parse_connect_string(wrong).ok());
  }
}

TEST_CASE("hosts_come_round_in_a_seeded_order_until_one_answers") {
  Rng rng(7);
  HostList list({{"a", 1}, {"b", 1}, {"c", 1}}, rng);
  std::vector<std::string> first, second;
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(list.round_is_over());
    first.push_back(list.next().host);
  }
  CHECK(list.round_is_over());
  for (int i = 0; i < 3; ++i) second.push_back(list.next().host);
  CHECK(first == second);
  list.succeeded();
  CHECK_FALSE(list.round_is_over());
  std::sort(first.begin(), first.end());
  CHECK(first == std::vector<std::string>{"a", "b", "c"});
}
