#include "common/jute/record.h"

#include <catch2/catch.hpp>

using namespace okapi;
using namespace okapi::jute;

namespace {

struct Inner {
  NullableView maybe;
  std::string text;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.maybe, s.text);
  }
};

// One field of every kind.
struct All {
  bool flag = false;
  int32_t number = 0;
  int64_t big = 0;
  ByteView view;
  NullableView nullable;
  Zxid zxid;
  SessionId session;
  Xid xid;
  Vector<Inner> list;
  Vector<int64_t> numbers;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.flag, s.number, s.big, s.view, s.nullable, s.zxid, s.session, s.xid, s.list, s.numbers);
  }
};

All sample() {
  All all;
  all.flag = true;
  all.number = -2;
  all.big = INT64_MIN;
  all.view = "view";
  all.nullable = "";
  all.zxid = Zxid(7);
  all.session = SessionId(-1);
  all.xid = Xid(INT32_MAX);
  all.list.items = {{std::nullopt, "a"}, {"x", ""}};
  all.numbers.items = {1, -1};
  return all;
}

}  // namespace

TEST_CASE("every_kind_of_field_comes_back_as_it_went") {
  std::string bytes = encoded(sample());
  auto decoded = decode<All>(bytes);
  REQUIRE(decoded.ok());
  CHECK(decoded->flag);
  CHECK(decoded->number == -2);
  CHECK(decoded->big == INT64_MIN);
  CHECK(decoded->view == "view");
  CHECK(decoded->nullable == NullableView(""));
  CHECK(decoded->zxid == Zxid(7));
  CHECK(decoded->session == SessionId(-1));
  CHECK(decoded->xid == Xid(INT32_MAX));
  REQUIRE(decoded->list.items.size() == 2);
  CHECK(decoded->list.items[0].maybe == std::nullopt);
  CHECK(decoded->list.items[1].maybe == NullableView("x"));
  CHECK(decoded->list.items[0].text == "a");
  CHECK(decoded->numbers.items == std::vector<int64_t>{1, -1});
  CHECK(encoded(*decoded) == bytes);
}

TEST_CASE("views_point_into_the_input") {
  std::string bytes = encoded(sample());
  auto decoded = decode<All>(bytes);
  CHECK(decoded->view.data() > bytes.data());
  CHECK(decoded->view.data() < bytes.data() + bytes.size());
}

TEST_CASE("the_encoding_is_big_endian_without_tags_or_padding") {
  All all;
  all.number = 0x01020304;
  all.nullable = std::nullopt;
  all.list.null = true;
  std::string bytes = encoded(all);
  CHECK(bytes.substr(0, 5) == std::string("\0\1\2\3\4", 5));
  CHECK(bytes.substr(13, 4) == std::string(4, '\0'));  // empty view
  CHECK(bytes.substr(17, 4) == "\xff\xff\xff\xff");    // null
  CHECK(bytes.substr(41, 4) == "\xff\xff\xff\xff");    // null vector
  CHECK(bytes.substr(45, 4) == std::string(4, '\0'));  // empty vector
  CHECK(bytes.size() == 49);
}

TEST_CASE("null_and_empty_are_different_buffers_and_different_vectors") {
  All all;
  all.nullable = std::nullopt;
  all.numbers.null = true;
  auto nulls = decode<All>(encoded(all));
  All empty;
  empty.nullable = "";
  auto empties = decode<All>(encoded(empty));
  CHECK(nulls->nullable == std::nullopt);
  CHECK(nulls->numbers.null);
  CHECK(empties->nullable == NullableView(""));
  CHECK_FALSE(empties->numbers.null);
}

TEST_CASE("null_where_a_value_is_needed_does_not_decode") {
  std::string bytes = encoded(All());
  bytes.replace(13, 4, "\xff\xff\xff\xff");
  CHECK_FALSE(decode<All>(bytes).ok());
}

TEST_CASE("no_truncation_decodes_and_trailing_bytes_are_ignored") {
  std::string bytes = encoded(sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode<All>(ByteView(bytes).substr(0, size)).ok());
  }
  CHECK(decode<All>(bytes + "trailing").ok());
}

TEST_CASE("a_byte_that_is_not_zero_is_true") {
  std::string bytes = encoded(All());
  bytes[0] = '\x80';
  CHECK(decode<All>(bytes)->flag);
}

// X-CLI: lengths and counts that the bytes do not bear out cost nothing and crash nothing.
TEST_CASE("a_huge_count_or_length_in_a_short_record_fails_without_allocating_it") {
  std::string bytes;
  OutputArchive out(bytes);
  out.put_int(INT32_MAX);
  for (int32_t i = 0; i < 3; ++i) out.put_long(i);
  InputArchive in(bytes);
  Vector<int64_t> numbers;
  get(in, numbers);
  CHECK_FALSE(in.ok());
  CHECK(numbers.items.capacity() < 16);
  InputArchive buffer(bytes);
  CHECK(buffer.get_buffer() == std::nullopt);
  CHECK_FALSE(buffer.ok());
}

TEST_CASE("negative_lengths_fail_but_minus_one_and_negative_counts_read_as_nothing") {
  auto with = [](int32_t number) {
    std::string bytes;
    OutputArchive(bytes).put_int(number);
    return bytes;
  };
  std::string minus_two = with(-2), minus_one = with(-1), lowest = with(INT32_MIN);
  for (const std::string* bytes : {&minus_two, &lowest}) {
    InputArchive in(*bytes);
    CHECK(in.get_buffer() == std::nullopt);
    CHECK_FALSE(in.ok());
    InputArchive count(*bytes);
    CHECK(count.get_count() == 0);
    CHECK(count.ok());
  }
  InputArchive in(minus_one);
  CHECK(in.get_buffer() == std::nullopt);
  CHECK(in.ok());
  InputArchive count(minus_one);
  CHECK(count.get_count() == -1);
}

TEST_CASE("after_the_first_failure_every_read_gives_zero_and_the_first_reason_stays") {
  InputArchive in(ByteView("\0\0\0\5abcdefgh", 12));
  in.fail("first");
  CHECK(in.get_int() == 0);
  CHECK(in.get_long() == 0);
  CHECK(in.get_byte() == 0);
  CHECK(in.get_buffer() == std::nullopt);
  CHECK(in.get_count() == 0);
  in.fail("second");
  CHECK(std::string(in.why()) == "first");
  CHECK(in.position() == 0);
}

TEST_CASE("a_length_written_later_is_patched_in_place") {
  std::string bytes = "ab";
  OutputArchive out(bytes);
  size_t at = out.position();
  out.put_int(0);
  out.put_raw("xyz");
  out.patch_int(at, 3);
  CHECK(bytes == std::string("ab\0\0\0\3xyz", 9));
}
