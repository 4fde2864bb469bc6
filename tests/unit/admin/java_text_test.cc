#include "server/admin/java_text.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace okapi {
namespace {

TEST_CASE("doubles as Java prints them") {
  CHECK(java_double(0) == "0.0");
  CHECK(java_double(-0.0) == "-0.0");
  CHECK(java_double(1) == "1.0");
  CHECK(java_double(11.4) == "11.4");
  CHECK(java_double(2.6316) == "2.6316");
  CHECK(java_double(-120.6667) == "-120.6667");
  CHECK(java_double(0.001) == "0.001");
  CHECK(java_double(0.0009) == "9.0E-4");
  CHECK(java_double(0.00012) == "1.2E-4");
  CHECK(java_double(100) == "100.0");
  CHECK(java_double(9999999) == "9999999.0");
  CHECK(java_double(1e7) == "1.0E7");
  CHECK(java_double(12345678.9) == "1.23456789E7");
  CHECK(java_double(std::nan("")) == "NaN");
  CHECK(java_double(-INFINITY) == "-Infinity");
}

TEST_CASE("averages are rounded half up at the fourth decimal of the exact value") {
  CHECK(rounded_to_4_decimals(0) == 0);
  CHECK(rounded_to_4_decimals(50.0 / 19) == 2.6316);
  CHECK(rounded_to_4_decimals(0.03125) == 0.0313);  // an exact tie
  CHECK(rounded_to_4_decimals(0.00005) == 0.0001);  // a double just above the tie
  CHECK(rounded_to_4_decimals(0.00015) == 0.0001);  // a double just below it
  CHECK(rounded_to_4_decimals(9.99995) == 10.0);
  CHECK(rounded_to_4_decimals(-1.00005) == -1.0001);
  CHECK(rounded_to_4_decimals(1e300) == 1e300);
}

TEST_CASE("dates, addresses and hexadecimal") {
  CHECK(java_date(WallTime{1795211713000}, {}) == "Fri Nov 20 21:55:13 UTC 2026");
  CHECK(java_date(WallTime{1795211713999}, {"CET", 3600}) == "Fri Nov 20 22:55:13 CET 2026");
  CHECK(java_date(WallTime{0}, {"EST", -5 * 3600}) == "Wed Dec 31 19:00:00 EST 1969");
  CHECK(java_date(WallTime{951782399000}, {}) == "Mon Feb 28 23:59:59 UTC 2000");
  CHECK(java_socket_address("127.0.0.1", 2181) == "/127.0.0.1:2181");
  CHECK(java_socket_address("::1", 2181) == "/[0:0:0:0:0:0:0:1]:2181");
  CHECK(hex(-1) == "ffffffffffffffff");
  CHECK(hex(0x100001281a90000) == "100001281a90000");
}

}  // namespace
}  // namespace okapi
