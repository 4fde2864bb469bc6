#include "common/base/feed.h"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <thread>

#include "common/base/random.h"

using namespace okapi;

namespace {

// Counts the live ones.
struct Tracked {
  Tracked() = default;
  explicit Tracked(int value) : owner(std::make_shared<int>(value)) {}
  std::shared_ptr<int> owner;
};

// Takes its time to arrive, so that a consumer who looks too early finds it half there.
struct Slow {
  Slow() = default;
  explicit Slow(int number) : value(number) {}
  Slow(Slow&&) = default;
  Slow& operator=(Slow&& other) noexcept {
    if (other.value != 0) {  // not when a chunk is cleared
      value = -1;
      for (int spin = 0; spin < 2000; ++spin) asm volatile("");
    }
    value = other.value;
    return *this;
  }
  int value = 0;
};

}  // namespace

TEST_CASE("a_feed_gives_items_in_the_order_they_were_pushed_across_chunks") {
  Feed<int, 4> feed;
  CHECK(feed.front() == nullptr);
  for (int i = 0; i < 13; ++i) feed.push(i);
  CHECK(feed.size_estimate() == 13);
  for (int i = 0; i < 13; ++i) {
    REQUIRE(feed.front() != nullptr);
    CHECK(*feed.front() == i);
    CHECK(*feed.front() == i);  // showing does not take
    feed.pop();
  }
  CHECK(feed.front() == nullptr);
  CHECK(feed.size_estimate() == 0);
}

TEST_CASE("a_feed_behaves_as_a_queue_whatever_the_interleaving") {
  Rng rng(7);
  Feed<int, 3> feed;
  std::deque<int> model;
  for (int step = 0; step < 20'000; ++step) {
    if (rng.chance(1, 2)) {
      feed.push(step);
      model.push_back(step);
    } else {
      int* front = feed.front();
      REQUIRE((front == nullptr) == model.empty());
      if (front == nullptr) continue;
      REQUIRE(*front == model.front());
      feed.pop();
      model.pop_front();
    }
    REQUIRE(feed.size_estimate() == model.size());
  }
}

TEST_CASE("popping_lets_go_of_what_an_item_owns") {
  Feed<Tracked, 4> feed;
  Tracked item(1);
  std::weak_ptr<int> watched = item.owner;
  feed.push(std::move(item));
  CHECK_FALSE(watched.expired());
  CHECK(*feed.front()->owner == 1);
  feed.pop();
  CHECK(watched.expired());
}

TEST_CASE("a_feed_that_ends_frees_what_was_not_taken") {
  std::weak_ptr<int> watched;
  {
    Feed<Tracked, 2> feed;
    for (int i = 0; i < 9; ++i) {
      Tracked item(i);
      if (i == 8) watched = item.owner;
      feed.push(std::move(item));
    }
    feed.front();
    feed.pop();
  }
  CHECK(watched.expired());
}

TEST_CASE(
    "producer_and_consumer_on_two_threads_lose_and_double_nothing_while_chunks_are_recycled") {
  constexpr int kItems = 200'000;
  Feed<int, 8> feed;
  std::thread producer([&] {
    Rng rng(1);
    for (int i = 1; i <= kItems; ++i) {
      feed.push(i);
      if (rng.chance(1, 64)) std::this_thread::yield();
    }
  });
  int expected = 1;
  while (expected <= kItems) {
    int* item = feed.front();
    if (item == nullptr) {
      std::this_thread::yield();
      continue;
    }
    if (*item != expected) break;
    feed.pop();
    ++expected;
  }
  CHECK(expected == kItems + 1);
  producer.join();
  CHECK(feed.front() == nullptr);
}

TEST_CASE("an_item_in_a_recycled_chunk_is_not_shown_before_it_is_whole") {
  constexpr int kItems = 20'000;
  Feed<Slow, 2> feed;
  std::thread producer([&] {
    for (int i = 1; i <= kItems; ++i) feed.push(Slow(i));
  });
  int expected = 1;
  int wrong = 0;
  while (expected <= kItems) {
    Slow* item = feed.front();
    if (item == nullptr) continue;
    wrong += item->value == expected ? 0 : 1;
    feed.pop();
    ++expected;
  }
  producer.join();
  CHECK(wrong == 0);
}
