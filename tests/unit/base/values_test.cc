// Ids, results and bytes.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/result.h"

using namespace okapi;

TEST_CASE("a_zxid_is_epoch_and_counter_and_its_successor_runs_on_into_the_next_epoch") {
  Zxid zxid = Zxid::make(Epoch(5), 7);
  CHECK(zxid.value() == 0x5'0000'0007);
  CHECK(zxid.epoch() == Epoch(5));
  CHECK(zxid.counter() == 7);
  CHECK(zxid.next() == Zxid(0x5'0000'0008));
  CHECK(Zxid::make(Epoch(5), 0xffffffff).next() == Zxid::make(Epoch(6), 0));
}

TEST_CASE("zxids_compare_as_signed_64_bits") {
  CHECK(Zxid(-1) < Zxid(0));
  CHECK(Zxid(INT64_MIN) < Zxid(INT64_MAX));
  CHECK(Zxid::make(Epoch(2), 0) > Zxid::make(Epoch(1), 0xffffffff));
}

TEST_CASE("a_connection_id_keeps_worker_slot_and_generation_apart") {
  ConnectionId id = ConnectionId::make(255, ConnectionId::kSlots - 1, 0xffffffff);
  CHECK(id.worker() == 255);
  CHECK(id.slot() == ConnectionId::kSlots - 1);
  CHECK(id.generation() == 0xffffffff);
  CHECK(ConnectionId::of(id.value()) == id);
  CHECK(ConnectionId::make(1, 2, 3) != ConnectionId::make(1, 2, 4));
  CHECK_FALSE(ConnectionId());
  CHECK(ConnectionId::make(0, 0, 1));
}

TEST_CASE("hashes_of_ids_that_differ_in_one_bit_differ_in_their_low_bits") {
  std::set<size_t> low;
  for (int bit = 0; bit < 64; ++bit) {
    low.insert(std::hash<SessionId>()(SessionId(static_cast<int64_t>(uint64_t{1} << bit))) % 4096);
  }
  CHECK(low.size() > 40);
}

TEST_CASE("a_result_is_a_value_or_an_error") {
  Result<std::string> good = std::string("x");
  CHECK(good.ok());
  CHECK(*good == "x");
  CHECK(good->size() == 1);
  CHECK(std::move(good).value() == "x");
  Result<std::string> bad = Error{ErrorKind::kCorrupt, "why"};
  CHECK_FALSE(bad);
  CHECK(bad.error().kind == ErrorKind::kCorrupt);
  CHECK(bad.error().text == "why");
  CHECK(Status().ok());
}

TEST_CASE("try_returns_the_error_of_the_first_call_that_has_one") {
  int calls = 0;
  auto run = [&](bool fails) -> Status {
    auto step = [&]() -> Status {
      ++calls;
      if (fails) return Error{ErrorKind::kBusy, "step"};
      return {};
    };
    OKAPI_TRY(step());
    OKAPI_TRY(step());
    return {};
  };
  CHECK(run(false).ok());
  CHECK(calls == 2);
  CHECK(run(true).error().kind == ErrorKind::kBusy);
  CHECK(calls == 3);
}

TEST_CASE("shared_bytes_are_one_block_however_often_copied_or_sliced") {
  SharedBytes whole = SharedBytes::copy_of("hello world");
  SharedBytes copy = whole;
  SharedBytes word = whole.slice(6, 5);
  SharedBytes inner = word.slice(1, 3);
  CHECK(copy.view().data() == whole.view().data());
  CHECK(word.view() == "world");
  CHECK(inner.view() == "orl");
  whole = SharedBytes();
  copy = SharedBytes();
  word = inner;
  CHECK(word.view() == "orl");
  SharedBytes moved = std::move(word);
  CHECK(moved.view() == "orl");
  CHECK(word.empty());
  CHECK(word.view().empty());
  SharedBytes& self = moved;
  moved = self;
  CHECK(moved.view() == "orl");
}

TEST_CASE("a_window_widens_as_far_as_its_block_reaches") {
  SharedBytes inner = SharedBytes::copy_of("[hello]").slice(1, 5);
  CHECK(inner.widen(1, 1)->view() == "[hello]");
  CHECK(inner.widen(0, 1)->view() == "hello]");
  CHECK(inner.slice(1, 2).widen(1, 3)->view() == "hello]");
  CHECK_FALSE(inner.widen(2, 0).has_value());
  CHECK_FALSE(inner.widen(0, 2).has_value());
  CHECK_FALSE(SharedBytes().widen(0, 1).has_value());
}

TEST_CASE("empty_bytes_and_slices_at_the_end_are_legal") {
  CHECK(SharedBytes().view().empty());
  CHECK(SharedBytes::copy_of("").size() == 0);
  SharedBytes bytes = SharedBytes::copy_of("ab");
  CHECK(bytes.slice(2, 0).empty());
  CHECK(SharedBytes::make(3, [](char* to) {
          to[0] = 'x';
          to[1] = '\0';
          to[2] = 'z';
        }).view() == ByteView("x\0z", 3));
}

TEST_CASE("the_last_of_many_threads_frees_a_block_once") {
  SharedBytes bytes = SharedBytes::copy_of("shared");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([bytes] {
      for (int round = 0; round < 10'000; ++round) {
        SharedBytes copy = bytes;
        SharedBytes slice = copy.slice(1, 2);
        if (slice.view() != "ha") std::abort();
      }
    });
  }
  bytes = SharedBytes();
  for (auto& thread : threads) thread.join();
}

// Safety, log injection: nothing from outside can end a line, move the cursor or pass for another.
TEST_CASE("printable_lets_no_byte_through_that_could_forge_a_log_line") {
  CHECK(printable("plain /path-1_~!") == "plain /path-1_~!");
  CHECK(printable("a\nb\r\t") == "a\\x0ab\\x0d\\x09");
  CHECK(printable("\x1b[31m") == "\\x1b[31m");
  CHECK(printable(ByteView("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(printable("\xc3\xa4\xe2\x80\xae") == "\\xc3\\xa4\\xe2\\x80\\xae");
  CHECK(printable("\\x0a") == "\\x5cx0a");
  for (int c = 0; c < 256; ++c) {
    for (char shown : printable(std::string(1, static_cast<char>(c)))) {
      CHECK(shown >= 0x20);
      CHECK(shown < 0x7f);
    }
  }
}

TEST_CASE("printable_cuts_at_its_limit_and_says_so") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcdef...");
  CHECK(printable(std::string(1 << 20, '\n')).size() == 4 * 200 + 3);
}
