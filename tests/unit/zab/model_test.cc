// Whole ensembles of pure leaders and learners over toy disks and pipes: links are lost, servers
// crash with a part of what they had not synced, leaders change. An election here is what the real
// one promises and no more: the best of some quorum that is looking.
#include <catch2/catch.hpp>

#include "tests/unit/zab/model_node.h"

using namespace okapi;
using namespace okapi::zab_test;

namespace {

class Ensemble {
 public:
  // Servers beyond `voters_count` observe.
  Ensemble(uint64_t seed, int64_t voters_count, int64_t observers, bool reconfigs)
      : rng_(seed), reconfigs_(reconfigs) {
    std::vector<QuorumServer> members;
    SharedQuorumConfig all = voters(1, voters_count + observers);
    for (const auto& [sid, member] : all->members()) {
      members.push_back(member);
      members.back().observer = sid.value() > voters_count;
    }
    auto config = std::make_shared<const QuorumConfig>(std::move(members), 0);
    for (const auto& [sid, member] : config->members()) {
      nodes_.push_back(std::make_unique<ModelNode>(sid, config, oracle_, rng_));
    }
  }

  void run(int steps, bool calm) {
    for (int i = 0; i < steps; ++i) {
      now_ += Millis(5);
      ModelNode& node = *nodes_[rng_.below(nodes_.size())];
      if (rng_.chance(1, 10)) elect();
      if (rng_.chance(1, 4)) node.propose(++mark_, now_);
      if (rng_.chance(1, 8)) node.client_request();
      if (reconfigs_ && !calm && rng_.chance(1, 20)) reconfigure();
      if (!calm) trouble();
      nodes_[rng_.below(nodes_.size())]->step(now_);
      if (i % 25 == 0) tick();
    }
  }

  void heal() {
    run(1200, true);
    for (int i = 0; i < 800; ++i) {  // no more proposals: all catches up
      now_ += Millis(1);
      if (i % 20 == 0 && i < 600) elect();
      for (auto& node : nodes_) node->step(now_);
      if (i % 100 == 0) tick();
    }
  }

  // Everything healed: all get to one history, and nothing committed is missing.
  void check_healed() {
    heal();
    int leaders = 0;
    for (auto& node : nodes_) {
      leaders += node->leading() ? 1 : 0;
      REQUIRE((node->leading() || node->following()));
      REQUIRE(node->log().size() == oracle_.all().size());
      for (size_t i = 0; i < oracle_.all().size(); ++i) {
        REQUIRE(same_txn(node->log()[i], oracle_.all()[i]));
      }
    }
    REQUIRE(leaders == 1);
  }

  size_t committed() const { return oracle_.all().size(); }

 private:
  // Some quorum of voters elects its best; whoever looks then goes to a leader.
  void elect() {
    std::vector<ModelNode*> heard;
    ModelNode* best = nullptr;
    for (auto& node : nodes_) {
      if (!node->looking() || node->suspect() || rng_.chance(1, 4)) continue;
      heard.push_back(node.get());
      for (auto& other : nodes_) {
        if (other->looking()) node->adopt(other->config());
      }
      if (!node->votes()) continue;
      if (best == nullptr ||
          std::pair(node->vote(), node->sid()) > std::pair(best->vote(), best->sid())) {
        best = node.get();
      }
    }
    // Who is to get a vote supports the best, too, unless it is ahead.
    std::set<ServerId> quorum;
    for (ModelNode* node : heard) {
      if (best != nullptr && node->vote() <= best->vote()) quorum.insert(node->sid());
    }
    if (best != nullptr && best->elected_by(quorum)) best->lead(now_);
    for (auto& node : nodes_) {
      if (!node->looking() || rng_.chance(1, 3)) continue;
      for (auto& leader : nodes_) {
        if (leader->looking() || leader->following() || !leader->is_leader()) continue;
        node->follow(*leader, LinkId(++link_), now_);
        break;
      }
    }
  }

  void reconfigure() {
    std::set<ServerId> chosen;
    size_t wanted = 3 + rng_.below(nodes_.size() - 2);
    while (chosen.size() < wanted) chosen.insert(nodes_[rng_.below(nodes_.size())]->sid());
    for (auto& node : nodes_) node->propose_reconfig(chosen, now_);
  }

  void trouble() {
    ModelNode& node = *nodes_[rng_.below(nodes_.size())];
    if (rng_.chance(1, 60)) node.crash();
    if (rng_.chance(1, 90) && !node.looking()) node.stop();
    if (rng_.chance(1, 40) && node.links() > 0) node.lose_link(rng_.below(node.links()));
    if (rng_.chance(1, 200)) {
      for (auto& each : nodes_) each->crash();
    }
  }

  void tick() {
    for (auto& node : nodes_) node->tick(now_);
  }

  Rng rng_;
  Oracle oracle_;
  bool reconfigs_;
  std::vector<std::unique_ptr<ModelNode>> nodes_;
  MonoTime now_{};
  int32_t mark_ = 0;
  uint64_t link_ = 0;
};

}  // namespace

TEST_CASE("inv_a1_a2_a9_b1_b2_c7_ensembles_keep_one_history_whatever_is_lost") {
  size_t committed = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    INFO("seed " << seed);
    Ensemble ensemble(seed, seed % 2 == 0 ? 3 : 5, seed % 3 == 0 ? 1 : 0, false);
    ensemble.run(800, false);
    ensemble.check_healed();
    committed += ensemble.committed();
  }
  // The runs do something: else the checks above mean nothing.
  CHECK(committed > 1500 * 20);
  for (const char* road : {"log", "snap", "trunc", "diff", "sync", "give up", "step down"}) {
    INFO(road);
    CHECK(Oracle::taken()[road] > 20);
  }
}

TEST_CASE("g14_ensembles_keep_one_history_while_their_voters_change") {
  size_t committed = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    INFO("seed " << seed);
    // The oracle checks every commit and every new leader on the way. That all come together in the
    // end is the real election's to show: the one here knows nothing of servers that wait for a
    // vote.
    Ensemble ensemble(seed, 3, 3, true);
    ensemble.run(800, false);
    ensemble.heal();
    committed += ensemble.committed();
  }
  CHECK(Oracle::taken()["reconfig"] > 500);
  CHECK(committed > 1000 * 20);
}
