#include "server/config/java_properties.h"

#include <catch2/catch.hpp>

#include "server/config/java_values.h"

namespace okapi {
namespace {

Property only(ByteView text) {
  JavaProperties properties = parse_java_properties(text);
  REQUIRE(properties.malformed_line == 0);
  REQUIRE(properties.entries.size() == 1);
  return properties.entries[0];
}

TEST_CASE("x_cfg_02 three separators and blanks around them") {
  for (const char* text : {"a=b", "a:b", "a b", "  a = b", "a\t:\f b", "a   =b"}) {
    INFO(text);
    CHECK(only(text).key == "a");
    CHECK(only(text).value == "b");
  }
  CHECK(only("a==b").value == "=b");
  CHECK(only("a = b ").value == "b ");
  CHECK(only("a").value.empty());
  CHECK(only("=b").key.empty());
}

TEST_CASE("x_cfg_02 comments and blank lines") {
  CHECK(parse_java_properties("# a=b\n  ! c=d\n\n \t\n").entries.empty());
  // A comment cannot be continued, and what follows a continuation is no comment.
  CHECK(only("# a \\\nb=c").key == "b");
  CHECK(only("a=b\\\n#c").value == "b#c");
}

TEST_CASE("x_cfg_02 continuations join lines and keep the first line's number") {
  Property entry = only("\n\na=one,\\\n   two\\\r\n\tthree");
  CHECK(entry.value == "one,twothree");
  CHECK(entry.line == 3);
  // An even number of backslashes does not continue.
  JavaProperties two = parse_java_properties("a=b\\\\\nc=d");
  REQUIRE(two.entries.size() == 2);
  CHECK(two.entries[0].value == "b\\");
  CHECK(two.entries[1].line == 2);
  CHECK(only("a=b\\").value == "b");
}

TEST_CASE("x_cfg_02 escapes, unicode and latin-1") {
  CHECK(only("a\\=b=c").key == "a=b");
  CHECK(only("a\\ b c").key == "a b");
  CHECK(only("p=C:\\dir\\tab").value == "C:dir\tab");
  CHECK(only("p=\\u0041\\u00e9\\u20AC").value == "A\xC3\xA9\xE2\x82\xAC");
  CHECK(only("p=\\uD83D\\uDE00").value == "\xF0\x9F\x98\x80");
  CHECK(only("p=\\uD83Dx").value == "?x");
  CHECK(only("p=\xE9").value == "\xC3\xA9");
  CHECK(parse_java_properties("a=1\nb=\\u00zz").malformed_line == 2);
  CHECK(parse_java_properties("b=\\u00").malformed_line == 1);
}

TEST_CASE("x_cfg_02 line ends of all kinds, BOM, NUL and a long line") {
  JavaProperties properties = parse_java_properties("a=1\rb=2\r\nc=3\n");
  REQUIRE(properties.entries.size() == 3);
  CHECK(properties.entries[1].value == "2");
  CHECK(properties.entries[2].line == 3);
  CHECK(only("\xEF\xBB\xBF"
             "a=1")
            .key ==
        "\xC3\xAF\xC2\xBB\xC2\xBF"
        "a");
  CHECK(only(std::string_view("a=b\0c", 5)).value == std::string_view("b\0c", 3));
  CHECK(only("a=" + std::string(1'000'000, 'x')).value.size() == 1'000'000);
}

TEST_CASE("java_trim drops control characters too") {
  CHECK(java_trim(" \t\r\nx y\x01 ") == "x y");
  CHECK(java_trim("   ").empty());
}

TEST_CASE("numbers in the file are plain decimal") {
  CHECK(parse_java_int("-7") == -7);
  CHECK(parse_java_int("+7") == 7);
  CHECK(parse_java_int("2147483647") == 2147483647);
  CHECK(parse_java_int("-2147483648") == -2147483647 - 1);
  for (const char* text : {"", "-", "+", "--1", "+-1", "2147483648", "4294967296", "2000ms", "1 ",
                           " 1", "0x10", "1.5", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_java_int(text));
  }
  CHECK(parse_java_long("-9223372036854775808") == INT64_MIN);
  CHECK_FALSE(parse_java_long("9223372036854775808"));
}

TEST_CASE("numbers in properties may be hexadecimal or octal") {
  CHECK(decode_java_int("0x10") == 16);
  CHECK(decode_java_int("-0X10") == -16);
  CHECK(decode_java_int("#ff") == 255);
  CHECK(decode_java_int("010") == 8);
  CHECK(decode_java_int("0") == 0);
  CHECK_FALSE(decode_java_int("09"));
  CHECK_FALSE(decode_java_int("0x-1"));
  CHECK_FALSE(decode_java_int(""));
  CHECK(decode_java_long("0x7fffffffffffffff") == INT64_MAX);
}

}  // namespace
}  // namespace okapi
