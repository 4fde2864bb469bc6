#include "server/zab/proposal_ledger.h"

#include <catch2/catch.hpp>

#include "common/base/random.h"
#include "tests/unit/zab/support.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

EncodedTxn txn(int64_t zxid) { return {Zxid(zxid), SharedBytes::copy_of("t")}; }

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
  ProposalLedger ledger(voters(1, 1), Zxid(10));
  ledger.propose(txn(11));
  ledger.propose(txn(12));
  CHECK(committed(ledger).empty());
  CHECK(ledger.outstanding().size() == 2);
  ledger.ack(ServerId(1), Zxid(11));
  CHECK(committed(ledger) == Zxids{11});
  CHECK(ledger.last_committed() == Zxid(11));
  CHECK(ledger.last_proposed() == Zxid(12));
  ledger.ack(ServerId(1), Zxid(12));
  CHECK(committed(ledger) == Zxids{12});
  CHECK(ledger.outstanding().size() == 0);
}

// inv: nothing is committed that less than a majority has on disk.
TEST_CASE("a_majority_of_one_three_four_and_five_voters_commits_and_one_less_does_not") {
  struct Row {
    int64_t voters, majority;
  };
  for (Row row : {Row{1, 1}, Row{2, 2}, Row{3, 2}, Row{4, 3}, Row{5, 3}, Row{7, 4}}) {
    INFO(row.voters);
    ProposalLedger ledger(voters(1, row.voters), Zxid(0));
    ledger.propose(txn(1));
    for (int64_t id = 1; id < row.majority; ++id) ledger.ack(ServerId(id), Zxid(1));
    CHECK(committed(ledger).empty());
    ledger.ack(ServerId(row.majority), Zxid(1));
    CHECK(committed(ledger) == Zxids{1});
  }
}

TEST_CASE("an_ack_covers_all_before_it_and_an_older_one_takes_nothing_back") {
  ProposalLedger ledger(voters(1, 3), Zxid(0));
  for (int64_t zxid = 1; zxid <= 5; ++zxid) ledger.propose(txn(zxid));
  ledger.ack(ServerId(1), Zxid(5));
  ledger.ack(ServerId(1), Zxid(2));
  ledger.ack(ServerId(2), Zxid(3));
  CHECK(committed(ledger) == Zxids{1, 2, 3});
  ledger.ack(ServerId(3), Zxid(5));
  CHECK(committed(ledger) == Zxids{4, 5});
}

TEST_CASE("acks_of_strangers_do_not_count_and_repeated_ones_count_once") {
  ProposalLedger ledger(voters(1, 3), Zxid(0));
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
    ProposalLedger ledger(voters(1, 5), Zxid(0));
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
  ProposalLedger ledger(voters(1, 1), Zxid::make(Epoch(1), 9));
  ledger.propose({Zxid::make(Epoch(2), 1), SharedBytes()});
  CHECK(ledger.last_proposed() == Zxid::make(Epoch(2), 1));
  ledger.ack(ServerId(1), ledger.last_proposed());
  CHECK(committed(ledger).size() == 1);
}

TEST_CASE("zk_1277_the_last_counter_of_an_epoch_is_never_proposed") {
  CHECK_FALSE(exhausts_counter(zx(1, 0xfffffffe)));
  CHECK(exhausts_counter(zx(1, 0xffffffff)));
}

TEST_CASE("g14_a_reconfig_and_what_follows_it_need_both_quorums_until_it_is_active") {
  ProposalLedger ledger(voters(1, 3), Zxid(0));
  ledger.propose(txn(1));
  ledger.propose_reconfig(txn(2), voters(4, 6, 2));
  ledger.propose(txn(3));
  CHECK(ledger.next_config()->version() == 2);
  for (int64_t old : {1, 2, 3}) ledger.ack(ServerId(old), Zxid(3));
  CHECK(committed(ledger) == Zxids{1});
  ledger.ack(ServerId(4), Zxid(3));
  CHECK(committed(ledger).empty());
  ledger.ack(ServerId(5), Zxid(3));
  std::vector<EncodedTxn> out;
  CHECK(ledger.take_committed(out));
  REQUIRE(out.size() == 1);  // nothing behind the reconfig before it is active
  CHECK(ledger.last_committed() == Zxid(2));
  ledger.activate();
  CHECK(ledger.next_config() == nullptr);
  CHECK(committed(ledger) == Zxids{3});
  // From now on the old quorum says nothing.
  ledger.propose(txn(4));
  for (int64_t old : {1, 2, 3}) ledger.ack(ServerId(old), Zxid(4));
  CHECK(committed(ledger).empty());
  ledger.ack(ServerId(5), Zxid(4));
  ledger.ack(ServerId(6), Zxid(4));
  CHECK(committed(ledger) == Zxids{4});
}

TEST_CASE("inv_b7_once_a_reconfig_is_active_nothing_waits_for_the_old_quorum") {
  ProposalLedger ledger(voters(1, 3), Zxid(0));
  ledger.propose_reconfig(txn(1), voters(3, 5, 2));
  ledger.propose(txn(2));
  for (int64_t sid = 1; sid <= 5; ++sid) ledger.ack(ServerId(sid), Zxid(1));
  std::vector<EncodedTxn> out;
  CHECK(ledger.take_committed(out));
  for (int64_t sid : {3, 4, 5}) ledger.ack(ServerId(sid), Zxid(2));
  ledger.activate();
  CHECK(committed(ledger) == Zxids{2});
}

TEST_CASE("acks_from_before_a_server_got_its_vote_count_with_it") {
  ProposalLedger ledger(voters(1, 1), Zxid(0));
  ledger.propose(txn(1));
  ledger.ack(ServerId(2), Zxid(1));
  ledger.propose_reconfig(txn(2), voters(1, 2, 2));
  ledger.ack(ServerId(2), Zxid(2));
  ledger.forget(ServerId(2));  // it is to have a vote, so it stays
  ledger.ack(ServerId(1), Zxid(2));
  CHECK(committed(ledger) == Zxids{1, 2});
  ledger.ack(ServerId(7), Zxid(2));
  ledger.forget(ServerId(7));
  CHECK(ledger.acked(ServerId(7)) == Zxid());
  CHECK(ledger.acked(ServerId(2)) == Zxid(2));
}

TEST_CASE("weights_decide_where_groups_are_configured") {
  std::string text;
  for (int sid = 1; sid <= 6; ++sid) {
    std::string n = std::to_string(sid);
    text += "server." + n + "=10.0.0." + n + ":2888:3888\nweight." + n + "=1\n";
  }
  SharedQuorumConfig groups = config_of(text + "group.1=1:2:3\ngroup.2=4:5:6\nversion=0");
  REQUIRE(groups != nullptr);
  ProposalLedger ledger(groups, Zxid(0));
  ledger.propose(txn(1));
  ledger.propose(txn(2));
  for (int64_t sid : {1, 2, 3, 4}) ledger.ack(ServerId(sid), Zxid(2));
  CHECK(committed(ledger).empty());  // a majority of servers, but of one group only
  ledger.ack(ServerId(5), Zxid(1));
  CHECK(committed(ledger) == Zxids{1});
}
