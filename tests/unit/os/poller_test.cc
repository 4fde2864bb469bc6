// Both pollers keep the same promises, so both run every case.
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "common/os/asio_net.h"
#include "common/os/os_poller.h"
#include "common/os/real_env.h"
#include "tests/unit/os/probe_stage.h"

using namespace okapi;

namespace {

class Socket final : public Pollable {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() override { close(fd_); }
  int handle() const override { return fd_; }
  void send(const char* text) const { CHECK(write(fd_, text, 1) == 1); }
  bool take() const {
    char byte;
    return read(fd_, &byte, 1) == 1;
  }

 private:
  int fd_;
};

struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    ours = std::make_unique<Socket>(fds[0]);
    theirs = std::make_unique<Socket>(fds[1]);
  }
  std::unique_ptr<Socket> ours, theirs;
};

struct World {
  World() {
    auto kind = GENERATE(PollerKind::kSelector, PollerKind::kGeneral);
    poller.reset(static_cast<OsPoller*>(net.make_poller(kind).release()));
  }
  std::vector<Readiness> look(Nanos patience = Millis(20)) {
    poller->wait(patience);
    auto ready = poller->ready();
    return {ready.begin(), ready.end()};
  }
  AsioNet net;
  std::unique_ptr<OsPoller> poller;
};

// Says how often its home looked.
class CountingPoller final : public OsPoller {
 public:
  explicit CountingPoller(Net& net)
      : inner_(static_cast<OsPoller*>(net.make_poller(PollerKind::kSelector).release())) {}
  void watch(Pollable& what, uint64_t token, Interest interest) override {
    inner_->watch(what, token, interest);
  }
  void change(Pollable& what, uint64_t token, Interest interest) override {
    inner_->change(what, token, interest);
  }
  void forget(Pollable& what) override { inner_->forget(what); }
  std::span<const Readiness> ready() override { return inner_->ready(); }
  void wait(Nanos timeout) override {
    waits.fetch_add(1);
    inner_->wait(timeout);
    if (inner_->has_news()) found.fetch_add(1);
  }
  void interrupt() override { inner_->interrupt(); }
  bool has_news() const override { return inner_->has_news(); }

  std::atomic<int> waits{0}, found{0};

 private:
  std::unique_ptr<OsPoller> inner_;
};

}  // namespace

TEST_CASE("readiness_names_the_token_and_is_level_triggered") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  CHECK(world.look().empty());
  CHECK_FALSE(world.poller->has_news());
  pair.theirs->send("x");
  for (int look = 0; look < 3; ++look) {
    auto ready = world.look();
    REQUIRE(ready.size() == 1);
    CHECK(ready[0].token == 7);
    CHECK(ready[0].readable);
    CHECK_FALSE(ready[0].writable);
  }
  CHECK(pair.ours->take());
  CHECK(world.look().empty());
  world.poller->forget(*pair.ours);
}

TEST_CASE("what_was_shown_is_news_no_more") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  pair.theirs->send("x");
  world.poller->wait(Millis(20));
  CHECK(world.poller->has_news());
  CHECK(world.poller->ready().size() == 1);
  CHECK_FALSE(world.poller->has_news());
  CHECK(world.poller->ready().empty());
  world.poller->forget(*pair.ours);
}

TEST_CASE("readiness_that_nobody_looked_at_is_not_reported_twice") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  pair.theirs->send("x");
  world.poller->wait(Millis(20));
  CHECK(world.look().size() == 1);
  world.poller->forget(*pair.ours);
}

TEST_CASE("both_directions_can_be_wanted_and_unwanted") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  CHECK(world.look().empty());
  world.poller->change(*pair.ours, 8, Interest::kBoth);
  auto ready = world.look();
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].token == 8);
  CHECK(ready[0].writable);
  world.poller->change(*pair.ours, 8, Interest::kNone);
  pair.theirs->send("x");
  CHECK(world.look().empty());
  world.poller->change(*pair.ours, 9, Interest::kRead);
  ready = world.look();
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].token == 9);
  world.poller->forget(*pair.ours);
}

TEST_CASE("a_hang_up_is_readable") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  pair.theirs.reset();
  auto ready = world.look();
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].readable);
  world.poller->forget(*pair.ours);
}

TEST_CASE("a_forgotten_socket_is_not_found_ready_any_more") {
  World world;
  Pair pair;
  world.poller->watch(*pair.ours, 7, Interest::kBoth);
  pair.theirs->send("x");
  CHECK_FALSE(world.look().empty());
  world.poller->forget(*pair.ours);
  CHECK(world.look().empty());
  world.poller->watch(*pair.ours, 8, Interest::kRead);
  auto ready = world.look();
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].token == 8);
  world.poller->forget(*pair.ours);
  pair.ours.reset();
  CHECK(world.look().empty());
}

TEST_CASE("an_interrupt_ends_a_wait_under_way_or_the_next_one") {
  World world;
  for (int round = 0; round < 100; ++round) {
    world.poller->interrupt();
    world.poller->wait(Nanos(-1));  // would hang
  }
  for (int round = 0; round < 100; ++round) {
    std::thread other([&] { world.poller->interrupt(); });
    world.poller->wait(Nanos(-1));
    other.join();
  }
  CHECK(world.look(Nanos(0)).empty());
}

TEST_CASE("a_wait_ends_at_its_limit") {
  World world;
  SystemClock clock;
  MonoTime begin = clock.now();
  world.poller->wait(Millis(20));
  CHECK(clock.now() - begin >= Millis(19));
  CHECK(clock.now() - begin < Millis(2000));
}

TEST_CASE("news_of_a_socket_waits_for_the_guest_who_has_the_stage_and_the_home_does_not_spin") {
  AsioNet net;
  CountingPoller poller(net);
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  Pair pair;
  std::atomic<int> reads{0};
  std::atomic<bool> guest_in{false}, guest_may_go{false};
  ProbeStage stage([&](Turn& turn, std::vector<int>&) {
    if (!turn.borrowed()) {
      if (!poller.ready().empty() && pair.ours->take()) reads.fetch_add(1);
      return;
    }
    guest_in.store(true);
    guest_in.notify_one();
    guest_may_go.wait(false);
  });
  poller.watch(*pair.ours, 7, Interest::kRead);
  stage.enroll(scheduler, {"polled", Lending::kAnyone, &poller});
  ProbeStage host([&](Turn&, std::vector<int>&) { stage.mail.post(1); });
  host.enroll(scheduler, {"host", Lending::kHomeOnly, nullptr});
  host.mail.post(1);
  guest_in.wait(false);
  int before = poller.waits.load();
  pair.theirs->send("x");
  REQUIRE(eventually([&] { return poller.found.load() > 0; }));
  // Time in which it could look again.
  ProbeStage other([](Turn&, std::vector<int>&) {});
  other.enroll(scheduler, {"other", Lending::kHomeOnly, nullptr});
  for (int i = 1; i <= 1000; ++i) {
    other.mail.post(i);
    REQUIRE(eventually([&] { return other.steps.load() == i; }));
  }
  CHECK(poller.waits.load() <= before + 2);
  CHECK(reads.load() == 0);
  guest_may_go.store(true);
  guest_may_go.notify_one();
  CHECK(eventually([&] { return reads.load() == 1; }));
  for (ProbeStage* one : {&host, &other, &stage}) scheduler.retire(*one);
  poller.forget(*pair.ours);
}

TEST_CASE("a_stage_with_a_poller_wakes_for_sockets_mail_and_timers") {
  World world;
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  Pair pair;
  std::atomic<int> reads{0}, mails{0}, timers{0};
  ProbeStage stage([&](Turn& turn, std::vector<int>& in) {
    auto ready = world.poller->ready();
    for (const Readiness& item : ready) {
      if (item.readable && pair.ours->take()) reads.fetch_add(1);
    }
    mails.fetch_add(static_cast<int>(in.size()));
    if (in.empty() && ready.empty()) timers.fetch_add(1);
    if (!in.empty() && in.back() == 2) turn.wake_at(turn.now() + Millis(5));
  });
  world.poller->watch(*pair.ours, 7, Interest::kRead);
  stage.enroll(scheduler, {"polled", Lending::kHomeOnly, world.poller.get()});
  for (int round = 1; round <= 200; ++round) {
    pair.theirs->send("x");
    stage.mail.post(1);
    REQUIRE(eventually([&] { return reads.load() == round && mails.load() == round; }));
  }
  CHECK(timers.load() == 0);
  stage.mail.post(2);
  CHECK(eventually([&] { return timers.load() == 1; }));
  scheduler.retire(stage);
  world.poller->forget(*pair.ours);
}
