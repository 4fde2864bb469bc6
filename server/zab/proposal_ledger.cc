#include "server/zab/proposal_ledger.h"

#include <algorithm>
#include <functional>
#include <set>

#include "common/base/assert.h"

namespace okapi {

ProposalLedger::ProposalLedger(SharedQuorumConfig config, Zxid last_committed)
    : last_proposed_(last_committed), last_committed_(last_committed) {
  rules_.push_back(rule_from(last_committed, {std::move(config)}));
  OKAPI_ASSERT(!rules_.front().voters.front().empty());
}

ProposalLedger::Rule ProposalLedger::rule_from(Zxid first,
                                               std::vector<SharedQuorumConfig> configs) {
  Rule rule{first, std::move(configs), {}};
  for (const SharedQuorumConfig& config : rule.configs) rule.voters.push_back(config->voters());
  return rule;
}

void ProposalLedger::check_next(const EncodedTxn& txn) {
  // The counter of a standalone server runs on into the next epoch, so "successor" is by value.
  OKAPI_ASSERT(txn.zxid == last_proposed_.next() || txn.zxid.epoch() > last_proposed_.epoch());
  last_proposed_ = txn.zxid;
}

void ProposalLedger::propose(EncodedTxn txn) {
  check_next(txn);
  outstanding_.push_back(std::move(txn));
}

void ProposalLedger::propose_reconfig(EncodedTxn txn, SharedQuorumConfig next) {
  OKAPI_ASSERT(!reconfig_open_);
  check_next(txn);
  SharedQuorumConfig current = rules_.back().configs.back();
  rules_.push_back(rule_from(txn.zxid, {std::move(current), std::move(next)}));
  reconfig_open_ = true;
  reconfig_zxid_ = txn.zxid;
  outstanding_.push_back(std::move(txn));
}

void ProposalLedger::activate() {
  OKAPI_ASSERT(reconfig_open_ && last_committed_ >= reconfig_zxid_);
  SharedQuorumConfig active = rules_.back().configs.back();
  rules_.back() = rule_from(reconfig_zxid_.next(), {std::move(active)});
  reconfig_open_ = false;
}

void ProposalLedger::ack(ServerId server, Zxid zxid) {
  OKAPI_ASSERT(zxid <= last_proposed_);
  Zxid& point = acked_[server];
  point = std::max(point, zxid);
}

void ProposalLedger::retract(ServerId server, Zxid zxid) {
  auto point = acked_.find(server);
  if (point != acked_.end()) point->second = std::min(point->second, zxid);
}

void ProposalLedger::forget(ServerId server) {
  for (const Rule& rule : rules_) {
    for (const SharedQuorumConfig& config : rule.configs) {
      if (config->is_voter(server)) return;
    }
  }
  acked_.erase(server);
}

Zxid ProposalLedger::acked(ServerId server) const {
  auto it = acked_.find(server);
  return it == acked_.end() ? Zxid() : it->second;
}

SharedQuorumConfig ProposalLedger::next_config() const {
  return reconfig_open_ ? rules_.back().configs.back() : nullptr;
}

// The zxid that a quorum of every configuration has on disk.
Zxid ProposalLedger::quorum_point(const Rule& rule) const {
  Zxid point = last_proposed_;
  for (size_t i = 0; i < rule.configs.size(); ++i) {
    point = std::min(point, quorum_point(*rule.configs[i], rule.voters[i]));
  }
  return point;
}

Zxid ProposalLedger::quorum_point(const QuorumConfig& config,
                                  const std::vector<ServerId>& voters) const {
  if (voters.size() == 1) return acked(voters.front());
  points_.clear();
  for (ServerId voter : voters) points_.emplace_back(acked(voter), voter);
  if (!config.is_hierarchical()) {
    auto majority = points_.begin() + static_cast<std::ptrdiff_t>(points_.size() / 2);
    std::nth_element(points_.begin(), majority, points_.end(), std::greater<>());
    return majority->first;
  }
  std::sort(points_.begin(), points_.end(), std::greater<>());
  std::set<ServerId> have;
  for (const auto& [zxid, voter] : points_) {
    have.insert(voter);
    if (config.contains_quorum(have)) return zxid;
  }
  return Zxid();
}

bool ProposalLedger::take_committed(std::vector<EncodedTxn>& out) {
  while (!outstanding_.empty()) {
    while (rules_.size() > 1 && rules_[1].first <= outstanding_.front().zxid) rules_.pop_front();
    Zxid point = quorum_point(rules_.front());
    Zxid before = last_committed_;
    while (!outstanding_.empty() && outstanding_.front().zxid <= point) {
      if (rules_.size() > 1 && rules_[1].first <= outstanding_.front().zxid) break;
      last_committed_ = outstanding_.front().zxid;
      out.push_back(std::move(outstanding_.front()));
      outstanding_.pop_front();
      if (reconfig_open_ && last_committed_ == reconfig_zxid_) return true;
    }
    if (last_committed_ == before) break;
  }
  return false;
}

}  // namespace okapi
