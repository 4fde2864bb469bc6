#include "common/os/thread_scheduler.h"

#include <pthread.h>

#include <catch2/catch.hpp>

#include "common/os/real_env.h"
#include "tests/unit/os/probe_stage.h"

using namespace okapi;

namespace {

std::string thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

// Where a step ran, told to the test.
struct Seen {
  std::string thread;
  bool borrowed = false;
  std::atomic<int> count{0};
  void note(const Turn& turn) {
    thread = thread_name();
    borrowed = turn.borrowed();
    count.fetch_add(1);
  }
};

// A stage at "host" that passes each number on to a guest of some kind.
struct HostAndGuest {
  explicit HostAndGuest(Lending lending, ProbeStage::OnStep guest_step, bool lends = false)
      : guest(std::move(guest_step)), host([this, lends](Turn& turn, std::vector<int>& in) {
          for (int item : in) {
            std::vector<int> batch(item < 0 ? Mailbox<int>::kHeavyItems + 1 : 1, item);
            guest.mail.post(batch);
          }
          if (lends) turn.lend_to_waiting();
        }) {
    guest.enroll(scheduler, {"guest", lending, nullptr});
    host.enroll(scheduler, {"host", Lending::kHomeOnly, nullptr});
  }
  ~HostAndGuest() {
    scheduler.retire(host);
    scheduler.retire(guest);
  }

  SystemClock clock;
  ThreadScheduler scheduler{clock};
  ProbeStage guest, host;
};

}  // namespace

TEST_CASE("a_stage_steps_on_its_named_home_once_its_bell_rings_and_not_before") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  Seen seen;
  ProbeStage stage([&](Turn& turn, std::vector<int>&) { seen.note(turn); });
  stage.enroll(scheduler, {"TheHome", Lending::kHomeOnly, nullptr});
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(stage.steps.load() == 0);
  stage.mail.post(1);
  REQUIRE(eventually([&] { return stage.steps.load() == 1; }));
  CHECK(seen.thread == "TheHome");
  CHECK_FALSE(seen.borrowed);
  scheduler.retire(stage);
}

TEST_CASE("stages_of_one_home_share_its_thread_and_a_post_between_them_wakes_nobody") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  Seen first_seen, second_seen;
  ProbeStage second([&](Turn& turn, std::vector<int>&) { second_seen.note(turn); });
  ProbeStage first([&](Turn& turn, std::vector<int>&) {
    first_seen.note(turn);
    second.mail.post(1);
  });
  first.enroll(scheduler, {"shared", Lending::kHomeOnly, nullptr});
  second.enroll(scheduler, {"shared", Lending::kHomeOnly, nullptr});
  int64_t before = scheduler.wakes();
  first.mail.post(1);
  REQUIRE(eventually([&] { return second.steps.load() == 1; }));
  CHECK(first_seen.thread == "shared");
  CHECK(second_seen.thread == "shared");
  CHECK(scheduler.wakes() - before <= 1);
  scheduler.retire(first);
  scheduler.retire(second);
}

TEST_CASE("who_makes_a_lendable_stage_ready_runs_it_after_his_own_step") {
  Seen seen;
  HostAndGuest pair(Lending::kAnyone, [&](Turn& turn, std::vector<int>&) { seen.note(turn); });
  pair.host.mail.post(1);
  REQUIRE(eventually([&] { return pair.guest.steps.load() == 1; }));
  CHECK(seen.thread == "host");
  CHECK(seen.borrowed);
}

TEST_CASE("a_home_only_stage_runs_at_home") {
  Seen seen;
  HostAndGuest pair(Lending::kHomeOnly, [&](Turn& turn, std::vector<int>&) { seen.note(turn); });
  pair.host.mail.post(1);
  REQUIRE(eventually([&] { return pair.guest.steps.load() == 1; }));
  CHECK(seen.thread == "guest");
  CHECK_FALSE(seen.borrowed);
}

TEST_CASE("heavy_mail_goes_home") {
  Seen seen;
  HostAndGuest pair(Lending::kAnyone, [&](Turn& turn, std::vector<int>&) { seen.note(turn); });
  pair.host.mail.post(-1);
  REQUIRE(eventually([&] { return pair.guest.steps.load() == 1; }));
  CHECK(seen.thread == "guest");
}

TEST_CASE("a_waiting_stage_is_borrowed_only_by_a_step_that_lends_itself_to_it") {
  bool lends = GENERATE(false, true);
  Seen seen;
  HostAndGuest pair(
      Lending::kWaiting, [&](Turn& turn, std::vector<int>&) { seen.note(turn); }, lends);
  pair.host.mail.post(1);
  REQUIRE(eventually([&] { return pair.guest.steps.load() == 1; }));
  CHECK(seen.thread == (lends ? "host" : "guest"));
}

TEST_CASE("one_turn_per_loan_the_rest_is_for_the_home") {
  Seen first, second;
  HostAndGuest pair(Lending::kAnyone, [&](Turn& turn, std::vector<int>&) {
    if (first.count.load() == 0) {
      first.note(turn);
      turn.again();
    } else {
      second.note(turn);
    }
  });
  pair.host.mail.post(1);
  REQUIRE(eventually([&] { return second.count.load() == 1; }));
  CHECK(first.thread == "host");
  CHECK(second.thread == "guest");
}

TEST_CASE("guests_that_keep_each_other_busy_do_not_keep_their_host") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  std::atomic<bool> stop{false};
  std::atomic<int> hops{0};
  ProbeStage* other = nullptr;
  ProbeStage ping([&](Turn&, std::vector<int>&) {
    if (!stop.load()) other->mail.post(1);
  });
  ProbeStage pong([&](Turn&, std::vector<int>&) {
    hops.fetch_add(1);
    if (!stop.load()) ping.mail.post(1);
  });
  other = &pong;
  ProbeStage host([&](Turn&, std::vector<int>& in) {
    for (int item : in) {
      if (item == 1) ping.mail.post(1);
    }
  });
  ping.enroll(scheduler, {"ping", Lending::kAnyone, nullptr});
  pong.enroll(scheduler, {"pong", Lending::kAnyone, nullptr});
  host.enroll(scheduler, {"host", Lending::kHomeOnly, nullptr});
  host.mail.post(1);
  CHECK(eventually([&] { return hops.load() > 1000; }));
  int before = host.steps.load();
  host.mail.post(2);
  CHECK(eventually([&] { return host.steps.load() > before; }));
  stop.store(true);
  for (ProbeStage* stage : {&host, &ping, &pong}) scheduler.retire(*stage);
}

TEST_CASE("a_timer_is_forgotten_when_the_next_step_begins_and_fires_at_its_time_else") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  std::atomic<int> timer_steps{0};
  MonoTime wanted;
  std::atomic<int64_t> early_ns{0};
  ProbeStage stage([&](Turn& turn, std::vector<int>& in) {
    if (in.empty()) {
      timer_steps.fetch_add(1);
      early_ns.store((wanted - turn.now()).count());
    } else if (in.back() == 1) {
      wanted = turn.now() + Millis(30);
      turn.wake_at(turn.now() + Millis(50));  // the earlier one counts
      turn.wake_at(wanted);
    }
  });
  stage.enroll(scheduler, {"timers", Lending::kHomeOnly, nullptr});
  stage.mail.post(1);
  REQUIRE(eventually([&] { return timer_steps.load() == 1; }));
  CHECK(early_ns.load() <= 0);
  stage.mail.post(1);
  REQUIRE(eventually([&] { return stage.steps.load() == 3; }));
  stage.mail.post(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  CHECK(timer_steps.load() == 1);
  scheduler.retire(stage);
}

TEST_CASE("a_timer_set_in_a_borrowed_turn_wakes_the_home") {
  Seen timer;
  HostAndGuest pair(Lending::kAnyone, [&](Turn& turn, std::vector<int>& in) {
    if (in.empty()) {
      timer.note(turn);
    } else {
      turn.wake_at(turn.now() + Millis(2));
    }
  });
  pair.host.mail.post(1);
  REQUIRE(eventually([&] { return timer.count.load() == 1; }));
  CHECK(timer.thread == "guest");
}

// The home looks at its timers, then goes to sleep; a guest that sets one in between must be seen.
TEST_CASE("no_timer_of_a_borrowed_turn_is_lost_while_the_home_falls_asleep") {
  SystemClock clock;
  ThreadScheduler scheduler(clock);
  constexpr int kRounds = 20'000;
  std::atomic<int> fired{0};
  ProbeStage guest([&](Turn& turn, std::vector<int>& in) {
    if (in.empty()) {
      fired.fetch_add(1);
    } else {
      turn.wake_at(turn.now() + Micros(1));
    }
  });
  int seen = -1;
  Rng rng(1);
  ProbeStage host([&](Turn& turn, std::vector<int>&) {
    if (seen >= kRounds) return;
    turn.again();
    if (fired.load() <= seen) return;
    seen = fired.load();
    for (uint64_t spin = rng.below(2000); spin > 0; --spin) asm volatile("");
    guest.mail.post(1);
  });
  guest.enroll(scheduler, {"guest", Lending::kAnyone, nullptr});
  host.enroll(scheduler, {"host", Lending::kHomeOnly, nullptr});
  host.bell->ring(false);
  int last = -1;
  while (fired.load() < kRounds && fired.load() != last) {
    last = fired.load();
    eventually([&, before = last, end = clock.now() + std::chrono::seconds(2)] {
      return fired.load() > before + 500 || fired.load() >= kRounds || clock.now() > end;
    });
  }
  CHECK(fired.load() >= kRounds);
  scheduler.retire(host);
  scheduler.retire(guest);
}
