// How stages leave the scheduler: a node builds and retires a pipeline of them at each election.
#include <malloc.h>

#include <catch2/catch.hpp>
#include <memory>

#include "common/os/epoll_poller.h"
#include "common/os/real_env.h"
#include "common/os/thread_scheduler.h"
#include "tests/unit/os/probe_stage.h"

using namespace okapi;

namespace {

// What a QuorumPeer does in a turn that another stage's thread has borrowed: it retires that very
// stage, the last one of its home. With a poller the home is woken through it.
struct Elector {
  explicit Elector(bool polls)
      : polls_(polls), peer([this](Turn& turn, std::vector<int>&) {
          if (handler == nullptr) return;
          borrowed.fetch_add(turn.borrowed() ? 1 : 0);
          end_term();
        }) {
    peer.enroll(scheduler, {"peer", Lending::kAnyone, nullptr});
  }
  ~Elector() { scheduler.retire(peer); }

  void begin_term() {
    if (polls_) poller = std::make_unique<EpollPoller>();
    handler = std::make_unique<ProbeStage>([this](Turn&, std::vector<int>&) { peer.mail.post(1); });
    handler->enroll(scheduler, {"handler", Lending::kHomeOnly, poller.get()});
    handler->mail.post(1);
  }
  void end_term() {
    scheduler.retire(*handler);
    handler.reset();
    poller.reset();
    terms.fetch_add(1);
  }

  const bool polls_;
  SystemClock clock;
  ThreadScheduler scheduler{clock};
  std::unique_ptr<Poller> poller;
  std::unique_ptr<ProbeStage> handler;
  std::atomic<int> terms{0}, borrowed{0};
  ProbeStage peer;
};

// Zero under the sanitizers, which have an allocator of their own.
size_t heap_bytes() { return mallinfo2().uordblks; }

// What threads that come and go leave in the allocator's caches; one forgotten cell a round would
// be a megabyte.
constexpr size_t kNoiseBytes = 256 << 10;

}  // namespace

TEST_CASE("a_step_may_retire_the_stage_whose_thread_it_has_borrowed") {
  bool polls = GENERATE(false, true);
  Elector elector(polls);
  for (int term = 1; term <= 300; ++term) {
    elector.begin_term();
    REQUIRE(eventually([&] { return elector.terms.load() == term; }));
  }
  CHECK(elector.borrowed.load() > 0);
}

TEST_CASE("ten_thousand_elections_leave_nothing_behind") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  ProbeStage lasting([](Turn&, std::vector<int>&) {});
  lasting.enroll(scheduler, {"lasting", Lending::kHomeOnly, nullptr});
  size_t before = 0;
  for (int round = 0; round < 10'200; ++round) {
    if (round == 200) before = heap_bytes();
    ProbeStage first([&](Turn&, std::vector<int>&) { lasting.mail.post(1); });
    ProbeStage second([](Turn&, std::vector<int>&) {});
    first.enroll(scheduler, {"pipeline", Lending::kAnyone, nullptr});
    second.enroll(scheduler, {"lasting", Lending::kAnyone, nullptr});
    first.mail.post(1);
    second.mail.post(1);
    scheduler.retire(first);
    scheduler.retire(second);
  }
  CHECK(heap_bytes() < before + kNoiseBytes);
  scheduler.retire(lasting);
}

TEST_CASE("threads_that_ended_after_a_borrowed_turn_are_joined_by_later_rounds") {
  Elector elector(false);
  size_t before = 0;
  for (int term = 1; term <= 2'200; ++term) {
    if (term == 200) before = heap_bytes();
    elector.begin_term();
    REQUIRE(eventually([&] { return elector.terms.load() == term; }));
  }
  CHECK(heap_bytes() < before + kNoiseBytes);
}

TEST_CASE("a_busy_stage_retires_and_never_steps_again") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  for (int round = 0; round < 50; ++round) {
    ProbeStage busy([](Turn& turn, std::vector<int>&) { turn.again(); });
    ProbeStage neighbour([](Turn&, std::vector<int>&) {});
    busy.enroll(scheduler, {"busy", Lending::kAnyone, nullptr});
    neighbour.enroll(scheduler, {"busy", Lending::kAnyone, nullptr});
    busy.bell->ring(false);
    REQUIRE(eventually([&] { return busy.steps.load() > 10; }));
    scheduler.retire(busy);
    int after = busy.steps.load();
    neighbour.mail.post(1);
    REQUIRE(eventually([&] { return neighbour.steps.load() == 1; }));
    CHECK(busy.steps.load() == after);
    scheduler.retire(neighbour);
  }
}

TEST_CASE("mail_to_a_stage_that_has_retired_is_harmless") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  ProbeStage late([](Turn&, std::vector<int>&) {});
  late.enroll(scheduler, {"late", Lending::kAnyone, nullptr});
  scheduler.retire(late);
  late.mail.post(1);
  late.bell->ring(true);
  CHECK(late.mail.size() == 1);
  CHECK(late.steps.load() == 0);
  // The same stage may come back.
  late.enroll(scheduler, {"late", Lending::kAnyone, nullptr});
  late.bell->ring(false);
  CHECK(eventually([&] { return late.steps.load() == 1; }));
  scheduler.retire(late);
}

TEST_CASE("a_timer_of_a_retired_stage_does_not_fire") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  ProbeStage stage([](Turn& turn, std::vector<int>&) { turn.wake_at(turn.now() + Millis(5)); });
  // Its own timer, behind the other's, shows that the thread has come past that.
  ProbeStage neighbour([](Turn& turn, std::vector<int>& in) {
    if (!in.empty()) turn.wake_at(turn.now() + Millis(10));
  });
  stage.enroll(scheduler, {"home", Lending::kHomeOnly, nullptr});
  neighbour.enroll(scheduler, {"home", Lending::kHomeOnly, nullptr});
  stage.mail.post(1);
  REQUIRE(eventually([&] { return stage.steps.load() >= 1; }));
  scheduler.retire(stage);
  int after = stage.steps.load();
  neighbour.mail.post(1);
  REQUIRE(eventually([&] { return neighbour.steps.load() >= 2; }));
  CHECK(stage.steps.load() == after);
  scheduler.retire(neighbour);
}
