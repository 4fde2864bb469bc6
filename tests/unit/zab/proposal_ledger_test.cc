#include "server/zab/proposal_ledger.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"

using namespace okapi;

namespace {

EncodedTxn txn(int64_t zxid) { return {Zxid(zxid), SharedBytes::copy_of("t")}; }

std::vector<ServerId> voters(int64_t count) {
  std::vector<ServerId> out;
  for (int64_t id = 1; id <= count; ++id) out.push_back(ServerId(id));
  return out;
}

std::vector<int64_t> committed(ProposalLedger& ledger) {
  std::vector<EncodedTxn> out;
  ledger.take_committed(out);
  std::vector<int64_t> zxids;
  for (const EncodedTxn& item : out) zxids.push_back(item.zxid.value());
  return zxids;
}

using Zxids = std::vector<int64_t>;

}  // namespace

TEST_CASE("a_lone_server_commits_what_it_has_synced_and_nothing_else") {
  ProposalLedger ledger(voters(1), Zxid(10));
  ledger.propose(txn(11));
  ledger.propose(txn(12));
  CHECK(committed(ledger).empty());
  CHECK(ledger.outstanding() == 2);
  ledger.ack(ServerId(1), Zxid(11));
  CHECK(committed(ledger) == Zxids{11});
  CHECK(ledger.last_committed() == Zxid(11));
  CHECK(ledger.last_proposed() == Zxid(12));
  ledger.ack(ServerId(1), Zxid(12));
  CHECK(committed(ledger) == Zxids{12});
  CHECK(ledger.outstanding() == 0);
}

// inv: nothing is committed that less than a majority has on disk.
TEST_CASE("a_majority_of_one_three_four_and_five_voters_commits_and_one_less_does_not") {
  struct Row {
    int64_t voters, majority;
  };
  for (Row row : {Row{1, 1}, Row{2, 2}, Row{3, 2}, Row{4, 3}, Row{5, 3}, Row{7, 4}}) {
    INFO(row.voters);
    ProposalLedger ledger(voters(row.voters), Zxid(0));
    ledger.propose(txn(1));
    for (int64_t id = 1; id < row.majority; ++id) ledger.ack(ServerId(id), Zxid(1));
    CHECK(committed(ledger).empty());
    ledger.ack(ServerId(row.majority), Zxid(1));
    CHECK(committed(ledger) == Zxids{1});
  }
}

TEST_CASE("an_ack_covers_all_before_it_and_an_older_one_takes_nothing_back") {
  ProposalLedger ledger(voters(3), Zxid(0));
  for (int64_t zxid = 1; zxid <= 5; ++zxid) ledger.propose(txn(zxid));
  ledger.ack(ServerId(1), Zxid(5));
  ledger.ack(ServerId(1), Zxid(2));
  ledger.ack(ServerId(2), Zxid(3));
  CHECK(committed(ledger) == Zxids{1, 2, 3});
  ledger.ack(ServerId(3), Zxid(5));
  CHECK(committed(ledger) == Zxids{4, 5});
}

TEST_CASE("acks_of_strangers_do_not_count_and_repeated_ones_count_once") {
  ProposalLedger ledger(voters(3), Zxid(0));
  ledger.propose(txn(1));
  ledger.ack(ServerId(9), Zxid(1));
  ledger.ack(ServerId(8), Zxid(1));
  ledger.ack(ServerId(1), Zxid(1));
  ledger.ack(ServerId(1), Zxid(1));
  CHECK(committed(ledger).empty());
}

TEST_CASE("acks_in_any_order_commit_every_proposal_once_in_zxid_order") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    ProposalLedger ledger(voters(5), Zxid(0));
    std::map<int64_t, int64_t> acked;
    int64_t proposed = 0, expected = 0;
    for (int step = 0; step < 300; ++step) {
      if (rng.chance(1, 3)) {
        ledger.propose(txn(++proposed));
      } else {
        auto voter = static_cast<int64_t>(rng.below(5)) + 1;
        auto zxid = static_cast<int64_t>(rng.below(static_cast<uint64_t>(proposed) + 1));
        ledger.ack(ServerId(voter), Zxid(zxid));
        acked[voter] = std::max(acked[voter], zxid);
      }
      for (int64_t zxid : committed(ledger)) {
        CHECK(zxid == ++expected);
        auto have = std::count_if(acked.begin(), acked.end(),
                                  [&](const auto& entry) { return entry.second >= zxid; });
        CHECK(have >= 3);
      }
    }
  }
}

TEST_CASE("a_new_epoch_may_follow_an_old_one") {
  ProposalLedger ledger(voters(1), Zxid::make(Epoch(1), 9));
  ledger.propose({Zxid::make(Epoch(2), 1), SharedBytes()});
  CHECK(ledger.last_proposed() == Zxid::make(Epoch(2), 1));
  ledger.ack(ServerId(1), ledger.last_proposed());
  CHECK(committed(ledger).size() == 1);
}
