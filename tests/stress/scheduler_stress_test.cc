// Scheduler, Mailbox and Feed under real threads: tokens wander between stages of every lending,
// with light and heavy mail, timers and further slices, while other stages come and go. A lost
// wake-up leaves a token where it is, and the test ends without it.
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "common/base/feed.h"
#include "common/base/random.h"
#include "common/os/epoll_poller.h"
#include "common/os/real_env.h"
#include "tests/unit/os/probe_stage.h"

using namespace okapi;

namespace {

constexpr int kHops = 20'000;

// Sends each token on to a stage drawn at random, at once, by a timer, or after another turn.
class Wanderer final : public Stage {
 public:
  Wanderer(std::vector<std::unique_ptr<Wanderer>>& all, uint64_t seed, std::atomic<int>& done)
      : all_(all), rng_(seed), done_(done) {}

  void step(Turn& turn) override {
    OKAPI_ASSERT(!inside_.exchange(true));  // no stage runs twice at once
    held_.clear();
    mail.drain(held_);
    if (!kept_.empty()) held_.insert(held_.end(), kept_.begin(), kept_.end());
    kept_.clear();
    for (int token : held_) {
      if (token == 0) continue;  // padding of heavy mail
      if (token == kHops) {
        done_.fetch_add(1);
      } else if (rng_.chance(1, 10)) {
        kept_.push_back(token);
      } else {
        pass_on(token + 1);
      }
    }
    if (!kept_.empty()) {
      if (rng_.chance(1, 2)) {
        turn.again();
      } else {
        turn.wake_at(turn.now() + Micros(static_cast<int64_t>(rng_.below(50))));
      }
    }
    if (rng_.chance(1, 4)) turn.lend_to_waiting();
    inside_.store(false);
  }

  Mailbox<int> mail;
  Bell* bell = nullptr;

 private:
  void pass_on(int token) {
    std::vector<int> batch{token};
    if (rng_.chance(1, 200)) batch.resize(Mailbox<int>::kHeavyItems + 1);
    all_[rng_.below(all_.size())]->mail.post(batch);
  }

  std::vector<std::unique_ptr<Wanderer>>& all_;
  Rng rng_;
  std::atomic<int>& done_;
  std::atomic<bool> inside_{false};
  std::vector<int> held_, kept_;
};

// Mail is bytes to write; a turn at home reads too.
class SocketEnd final : public Stage, public Pollable {
 public:
  SocketEnd(int fd, std::atomic<int>& received) : fd_(fd), received_(received) {
    poller_.watch(*this, 0, Interest::kRead);
  }
  ~SocketEnd() override { close(fd_); }
  int handle() const override { return fd_; }
  void enroll(ThreadScheduler& scheduler) {
    std::string home = "end-" + std::to_string(fd_);
    mail.attach(scheduler.enroll(*this, {home, Lending::kAnyone, &poller_}));
  }
  void step(Turn& turn) override {
    OKAPI_ASSERT(!inside_.exchange(true));
    inbox_.clear();
    mail.drain(inbox_);
    owed_.append(inbox_.size(), 'x');
    if (!owed_.empty()) {
      ssize_t written = write(fd_, owed_.data(), owed_.size());
      if (written > 0) owed_.erase(0, static_cast<size_t>(written));
    }
    if (!turn.borrowed() && !poller_.ready().empty()) {
      char buffer[64];
      ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got > 0) received_.fetch_add(static_cast<int>(got));
    }
    if (!owed_.empty()) turn.again();
    inside_.store(false);
  }

  Mailbox<int> mail;

 private:
  const int fd_;
  std::atomic<int>& received_;
  EpollPoller poller_;
  std::atomic<bool> inside_{false};
  std::vector<int> inbox_;
  std::string owed_;
};

}  // namespace

TEST_CASE("no_wake_up_is_lost_whatever_the_lending") {
  SystemClock clock;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    ThreadScheduler scheduler(clock);
    std::atomic<int> done{0};
    std::vector<std::unique_ptr<Wanderer>> all;
    constexpr Lending kLendings[] = {Lending::kAnyone, Lending::kHomeOnly, Lending::kWaiting,
                                     Lending::kAnyone};
    constexpr int kStages = 8, kTokens = 3;
    for (uint64_t i = 0; i < kStages; ++i) {
      all.push_back(std::make_unique<Wanderer>(all, seed * 100 + i, done));
    }
    for (size_t i = 0; i < kStages; ++i) {
      all[i]->bell = &scheduler.enroll(
          *all[i], {"home-" + std::to_string(i * 5 / 8), kLendings[i % 4], nullptr});
      all[i]->mail.attach(*all[i]->bell);
    }
    for (int token = 0; token < kTokens; ++token) all[0]->mail.post(1);
    // Meanwhile stages of the same homes come and go.
    Rng rng(seed);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (done.load() < kTokens && std::chrono::steady_clock::now() < deadline) {
      ProbeStage guest([](Turn& turn, std::vector<int>&) { turn.again(); });
      guest.enroll(scheduler, {"home-" + std::to_string(rng.below(6)), Lending::kAnyone, nullptr});
      guest.bell->ring(false);
      std::this_thread::sleep_for(std::chrono::microseconds(rng.below(300)));
      scheduler.retire(guest);
    }
    CHECK(done.load() == kTokens);
    for (auto& stage : all) scheduler.retire(*stage);
  }
}

TEST_CASE("mail_of_many_posters_arrives_once_and_in_each_ones_order") {
  constexpr int kPosters = 4, kItems = 20'000;
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  std::vector<int> next(kPosters, 0);
  std::atomic<int> received{0}, wrong{0};
  ProbeStage reader([&](Turn&, std::vector<int>& in) {
    for (int item : in) {
      int& expected = next[static_cast<size_t>(item / kItems)];
      if (item % kItems != expected++) wrong.fetch_add(1);
    }
    received.fetch_add(static_cast<int>(in.size()));
  });
  reader.enroll(scheduler, {"reader", Lending::kAnyone, nullptr});
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&, poster] {
      Rng rng(static_cast<uint64_t>(poster));
      std::vector<int> batch;
      for (int i = 0; i < kItems; ++i) {
        batch.push_back(poster * kItems + i);
        if (rng.chance(1, 8)) reader.mail.post(batch);
      }
      reader.mail.post(batch);
    });
  }
  for (auto& poster : posters) poster.join();
  CHECK(eventually([&] { return received.load() == kPosters * kItems; }));
  CHECK(wrong.load() == 0);
  scheduler.retire(reader);
}

// As LearnerHandler and LeaderLink use it: guests write, the home reads.
TEST_CASE("a_stage_with_a_socket_loses_neither_news_nor_mail_when_its_turns_are_lent") {
  constexpr int kPosters = 3, kBytes = 20'000;
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
  std::atomic<int> received{0};
  std::vector<std::unique_ptr<SocketEnd>> ends;
  for (int fd : fds) {
    ends.push_back(std::make_unique<SocketEnd>(fd, received));
    ends.back()->enroll(scheduler);
  }
  std::vector<std::unique_ptr<ProbeStage>> posters;
  for (int i = 0; i < kPosters; ++i) {
    posters.push_back(std::make_unique<ProbeStage>([&, left = kBytes](Turn& turn, auto&) mutable {
      ends[static_cast<size_t>(left) % 2]->mail.post(1);
      if (--left > 0) turn.again();
    }));
    posters.back()->enroll(scheduler, {"poster-" + std::to_string(i), Lending::kHomeOnly, nullptr});
    posters.back()->bell->ring(false);
  }
  CHECK(eventually([&] { return received.load() == kPosters * kBytes; }));
  for (auto& poster : posters) scheduler.retire(*poster);
  for (auto& end : ends) scheduler.retire(*end);
}

// As CommitProcessor and a worker use it: the producer's thread changes from turn to turn.
TEST_CASE("a_feed_whose_producer_is_borrowed_by_several_threads_keeps_its_order") {
  constexpr int kItems = 30'000;
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  Feed<std::unique_ptr<int>, 16> feed;
  std::atomic<int> taken{0}, wrong{0};
  ProbeStage consumer([&](Turn&, std::vector<int>&) {
    while (auto* item = feed.front()) {
      if (**item != taken.load()) wrong.fetch_add(1);
      feed.pop();
      taken.fetch_add(1);
    }
  });
  int pushed = 0;
  ProbeStage producer([&](Turn&, std::vector<int>& in) {
    for (size_t i = 0; i < in.size() && pushed < kItems; ++i) {
      feed.push(std::make_unique<int>(pushed++));
    }
    consumer.bell->ring(false);
  });
  auto drive = [&](Turn& turn, std::vector<int>&) {
    producer.mail.post(1);
    if (taken.load() < kItems) turn.again();
  };
  ProbeStage one(drive), two(drive);
  consumer.enroll(scheduler, {"consumer", Lending::kHomeOnly, nullptr});
  producer.enroll(scheduler, {"producer", Lending::kAnyone, nullptr});
  one.enroll(scheduler, {"one", Lending::kHomeOnly, nullptr});
  two.enroll(scheduler, {"two", Lending::kHomeOnly, nullptr});
  one.bell->ring(false);
  two.bell->ring(false);
  CHECK(eventually([&] { return taken.load() == kItems; }, std::chrono::seconds(60)));
  CHECK(wrong.load() == 0);
  for (ProbeStage* stage : {&one, &two, &producer, &consumer}) scheduler.retire(*stage);
}

// As QuorumPeer does: in whatever turn, on whatever thread, it retires the pipeline of the last
// term and builds the next one, while the stages of both ring it and each other.
TEST_CASE("pipelines_come_and_go_in_the_turns_of_a_borrowed_stage") {
  constexpr int kTerms = 400, kStages = 4;
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  std::vector<std::unique_ptr<ProbeStage>> pipeline;
  std::atomic<int> terms{0};
  ProbeStage* peer_box = nullptr;
  auto retire_all = [&] {
    for (auto& stage : pipeline) scheduler.retire(*stage);
    pipeline.clear();
  };
  auto begin_term = [&] {
    for (int i = 0; i < kStages; ++i) {
      ProbeStage* next = pipeline.empty() ? nullptr : pipeline.back().get();
      pipeline.push_back(std::make_unique<ProbeStage>([peer_box, next](Turn& turn, auto& in) {
        for (int item : in) (next == nullptr ? peer_box : next)->mail.post(item);
        turn.wake_at(turn.now() + Micros(20));
        turn.lend_to_waiting();
      }));
      constexpr Lending kLendings[] = {Lending::kAnyone, Lending::kWaiting, Lending::kHomeOnly,
                                       Lending::kAnyone};
      pipeline.back()->enroll(scheduler, {"stage-" + std::to_string(i % 3), kLendings[i], nullptr});
    }
    pipeline.back()->mail.post(1);
  };
  ProbeStage peer([&](Turn&, std::vector<int>& in) {
    if (in.empty() || terms.load() >= kTerms) return;
    retire_all();
    terms.fetch_add(1);
    begin_term();
  });
  peer_box = &peer;
  peer.enroll(scheduler, {"peer", Lending::kAnyone, nullptr});
  peer.mail.post(1);
  CHECK(eventually([&] { return terms.load() == kTerms; }, std::chrono::seconds(60)));
  scheduler.retire(peer);
  retire_all();
}
