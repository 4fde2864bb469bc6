#include "server/zab/epoch_gate.h"

#include <catch2/catch.hpp>

#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;
using Phase = EpochGate::Phase;

namespace {

constexpr MonoTime at(int64_t ms) { return MonoTime(Millis(ms)); }

EpochGate::Options options() {
  return {.self = ServerId(1),
          .accepted = Epoch(5),
          .current = Epoch(4),
          .last_zxid = zx(4, 10),
          .wait_max = Millis(100)};
}

EpochGate gate_of(int64_t servers) {
  return EpochGate(options(), voters(1, servers), nullptr, at(0));
}

}  // namespace

TEST_CASE("a_lone_voter_agrees_with_itself_at_once") {
  EpochGate gate = gate_of(1);
  CHECK(gate.phase() == Phase::kEstablished);
  CHECK(gate.epoch() == Epoch(6));
}

TEST_CASE("inv_b3_the_new_epoch_is_above_all_accepted_ones_and_chosen_by_a_quorum_of_voters") {
  EpochGate gate = gate_of(3);
  CHECK(gate.phase() == Phase::kEpoch);
  // zk_2959: an observer or a stranger raises the epoch, but has no voice.
  CHECK(gate.accept_epoch(ServerId(9), Epoch(20), at(1)).ok());
  CHECK(gate.phase() == Phase::kEpoch);
  CHECK(gate.accept_epoch(ServerId(2), Epoch(7), at(2)).ok());
  CHECK(gate.phase() == Phase::kHistory);
  CHECK(gate.epoch() == Epoch(21));
  // Too late to change it.
  CHECK(gate.accept_epoch(ServerId(3), Epoch(30), at(3)).ok());
  CHECK(gate.epoch() == Epoch(21));
}

TEST_CASE("inv_b3_a_leader_that_is_no_voter_never_gets_an_epoch") {
  EpochGate gate(options(), voters(2, 4), nullptr, at(0));
  for (int64_t sid : {2, 3, 4}) CHECK(gate.accept_epoch(ServerId(sid), Epoch(1), at(1)).ok());
  CHECK(gate.phase() == Phase::kEpoch);
}

TEST_CASE("x_quo_07_an_epoch_near_the_end_is_refused") {
  EpochGate gate = gate_of(3);
  CHECK_FALSE(gate.accept_epoch(ServerId(2), Epoch(0x7FFFFFFE), at(1)).ok());
  CHECK_FALSE(gate.accept_epoch(ServerId(2), Epoch(-1), at(1)).ok());
  CHECK(gate.phase() == Phase::kEpoch);
  CHECK(gate.epoch() == Epoch(6));
  CHECK(gate.accept_epoch(ServerId(2), EpochGate::kAcceptedEpochMax, at(1)).ok());
  CHECK(gate.epoch() == Epoch(0x7FFFFFFE));
}

TEST_CASE("x_quo_06_who_is_ahead_of_the_leader_is_refused_and_others_count") {
  struct Row {
    int64_t epoch;
    Zxid last;
    bool ok;
  };
  for (Row row : {Row{5, zx(1, 1), false}, Row{4, zx(4, 11), false}, Row{4, zx(4, 10), true},
                  Row{3, zx(9, 9), true}, Row{0, Zxid(0), true}}) {
    INFO(row.epoch << " " << row.last.value());
    EpochGate gate = gate_of(3);
    CHECK(gate.accept_epoch(ServerId(2), Epoch(1), at(0)).ok());
    CHECK(gate.ack_epoch(ServerId(2), Epoch(row.epoch), row.last, at(1)).ok() == row.ok);
    CHECK(gate.phase() == (row.ok ? Phase::kNewLeader : Phase::kHistory));
  }
}

TEST_CASE("an_ack_of_an_epoch_taken_before_passes_without_counting") {
  EpochGate gate = gate_of(3);
  CHECK(gate.accept_epoch(ServerId(2), Epoch(1), at(0)).ok());
  CHECK(gate.ack_epoch(ServerId(2), std::nullopt, zx(9, 9), at(1)).ok());
  CHECK(gate.phase() == Phase::kHistory);
  CHECK(gate.ack_epoch(ServerId(3), Epoch(1), zx(1, 1), at(1)).ok());
  CHECK(gate.phase() == Phase::kNewLeader);
  // Once the quorum is there nobody is judged: whoever is ahead gets a TRUNC.
  CHECK(gate.ack_epoch(ServerId(2), Epoch(99), zx(99, 1), at(2)).ok());
}

TEST_CASE("inv_b5_a_server_without_a_trusted_state_vouches_for_no_history") {
  EpochGate gate = gate_of(3);
  CHECK(gate.accept_epoch(ServerId(2), Epoch(1), at(0)).ok());
  CHECK(gate.ack_epoch(ServerId(2), Epoch(4), Zxid(-1), at(1)).ok());
  CHECK(gate.phase() == Phase::kHistory);
}

TEST_CASE("zk_1324_new_leader_needs_a_quorum_of_the_current_and_of_a_newer_configuration") {
  for (bool newer : {false, true}) {
    EpochGate gate(options(), voters(1, 3), voters(1, 5, newer ? 7 : 0), at(0));
    CHECK(gate.accept_epoch(ServerId(2), Epoch(1), at(0)).ok());
    CHECK(gate.ack_epoch(ServerId(2), Epoch(1), zx(1, 1), at(0)).ok());
    gate.ack_new_leader(ServerId(9));
    gate.ack_new_leader(ServerId(2));
    CHECK((gate.phase() == Phase::kEstablished) == !newer);
    gate.ack_new_leader(ServerId(4));
    CHECK(gate.phase() == Phase::kEstablished);
  }
}

TEST_CASE("each_of_the_three_waits_ends_after_its_own_init_limit") {
  EpochGate gate = gate_of(3);
  CHECK(gate.check(at(99)).ok());
  CHECK_FALSE(gate.check(at(100)).ok());
  CHECK(gate.accept_epoch(ServerId(2), Epoch(1), at(90)).ok());
  CHECK(gate.check(at(189)).ok());
  CHECK_FALSE(gate.check(at(190)).ok());
  CHECK(gate.ack_epoch(ServerId(2), Epoch(1), zx(1, 1), at(150)).ok());
  CHECK(gate.check(at(249)).ok());
  CHECK_FALSE(gate.check(at(250)).ok());
  gate.ack_new_leader(ServerId(3));
  CHECK(gate.check(at(10'000)).ok());
}
