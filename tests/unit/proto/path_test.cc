// The table of client-protocol spec section 4, row by row.
#include "common/proto/path.h"

#include <catch2/catch.hpp>

using namespace okapi;

TEST_CASE("a_path_is_not_empty_and_begins_with_a_slash") {
  CHECK_FALSE(is_valid_path(""));
  CHECK_FALSE(is_valid_path("a"));
  CHECK_FALSE(is_valid_path("a/b"));
  CHECK(is_valid_path("/"));
  CHECK(is_valid_path("/a"));
  CHECK(is_valid_path("/a/b"));
}

TEST_CASE("a_path_does_not_end_with_a_slash_and_has_no_empty_component") {
  CHECK_FALSE(is_valid_path("/a/"));
  CHECK_FALSE(is_valid_path("//"));
  CHECK_FALSE(is_valid_path("//a"));
  CHECK_FALSE(is_valid_path("/a//b"));
}

TEST_CASE("no_nul_anywhere") {
  CHECK_FALSE(is_valid_path(ByteView("/a\0b", 4)));
  CHECK_FALSE(is_valid_path(ByteView("/\0", 2)));
}

TEST_CASE("no_component_is_dot_or_dot_dot_but_more_dots_are_names") {
  CHECK_FALSE(is_valid_path("/."));
  CHECK_FALSE(is_valid_path("/.."));
  CHECK_FALSE(is_valid_path("/a/./b"));
  CHECK_FALSE(is_valid_path("/a/../b"));
  CHECK_FALSE(is_valid_path("/a/.."));
  CHECK(is_valid_path("/..."));
  CHECK(is_valid_path("/a./b"));
  CHECK(is_valid_path("/.a/..b"));
}

TEST_CASE("forbidden_units_are_refused_up_to_their_very_bounds") {
  CHECK_FALSE(is_valid_path("/\x01"));
  CHECK_FALSE(is_valid_path("/\x1f"));
  CHECK(is_valid_path("/\x20"));
  CHECK(is_valid_path("/~"));
  CHECK_FALSE(is_valid_path("/\x7f"));
  CHECK_FALSE(is_valid_path("/\xc2\x80"));          // U+0080
  CHECK_FALSE(is_valid_path("/\xc2\x9f"));          // U+009F
  CHECK(is_valid_path("/\xc2\xa0"));                // U+00A0
  CHECK(is_valid_path("/\xed\x9f\xbf"));            // U+D7FF
  CHECK_FALSE(is_valid_path("/\xee\x80\x80"));      // U+E000, private use
  CHECK_FALSE(is_valid_path("/\xef\xa3\xbf"));      // U+F8FF
  CHECK(is_valid_path("/\xef\xa4\x80"));            // U+F900
  CHECK(is_valid_path("/\xef\xbf\xaf"));            // U+FFEF
  CHECK_FALSE(is_valid_path("/\xef\xbf\xb0"));      // U+FFF0
  CHECK_FALSE(is_valid_path("/\xef\xbf\xbd"));      // U+FFFD
  CHECK_FALSE(is_valid_path("/\xf0\x9f\x98\x80"));  // an emoji is two surrogates
}

TEST_CASE("malformed_text_is_refused_as_the_replacement_character") {
  for (ByteView bad : {"/\x80", "/\xff", "/\xc2", "/\xc0\x80", "/\xe0\x80\x80", "/\xed\xa0\x80",
                       "/\xf5\x80\x80\x80", "/\xe2\x82", "/\xf0\x80\x80\x80"}) {
    INFO(bad.size());
    CHECK_FALSE(is_valid_path(bad));
    CHECK_FALSE(is_well_formed_utf8(bad));
  }
}

TEST_CASE("there_is_no_limit_on_length_or_depth") {
  CHECK(is_valid_path("/" + std::string(1 << 20, 'x')));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "/d";
  CHECK(is_valid_path(deep));
}

TEST_CASE("parent_and_name_split_at_the_last_slash") {
  CHECK(parent_of("/a/b") == "/a");
  CHECK(name_of_path("/a/b") == "b");
  CHECK(parent_of("/a") == "");
  CHECK(parent_of("/") == "");
  CHECK(name_of_path("/") == "");
  CHECK(parent_of("none") == "");
  CHECK(name_of_path("none") == "none");
}

TEST_CASE("below_is_by_components_not_by_letters") {
  CHECK(is_at_or_below("/a/b", "/a"));
  CHECK(is_at_or_below("/a", "/a"));
  CHECK_FALSE(is_at_or_below("/ab", "/a"));
  CHECK_FALSE(is_at_or_below("/a", "/a/b"));
  CHECK(is_at_or_below("/x", "/"));
  CHECK(is_at_or_below("/", "/"));
}

TEST_CASE("a_namespace_is_the_first_component") {
  CHECK(namespace_of("/a/b") == "a");
  CHECK(namespace_of("/a") == "a");
  CHECK(namespace_of("/") == "");
  CHECK(namespace_of("") == "");
  CHECK(namespace_of("x") == "");
}

TEST_CASE("malformed_text_is_replaced_as_the_reference_decodes_it") {
  CHECK(with_malformed_replaced("plain \xc3\xa4") == "plain \xc3\xa4");
  CHECK(with_malformed_replaced("a\xff"
                                "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(with_malformed_replaced("\xe2\x82") == "\xef\xbf\xbd");
  CHECK(with_malformed_replaced("\xed\xa0\x80") == "\xef\xbf\xbd");
  CHECK(with_malformed_replaced("\xc0\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(is_well_formed_utf8(with_malformed_replaced("\xf0\x9f\x98 \x80\xfe")));
  CHECK(is_well_formed_utf8("\xef\xbf\xbd"));
}

TEST_CASE("text_beyond_the_basic_plane_comes_back_as_two_surrogates_of_three_bytes") {
  CHECK(as_java_writes("a\xc3\xa4") == "a\xc3\xa4");
  CHECK(as_java_writes("\xf0\x9f\x98\x80") == "\xed\xa0\xbd\xed\xb8\x80");
  CHECK(as_java_writes("\xff") == "\xef\xbf\xbd");
}
