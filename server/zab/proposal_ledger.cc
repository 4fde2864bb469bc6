#include "server/zab/proposal_ledger.h"

#include <algorithm>
#include <functional>

#include "common/base/assert.h"

namespace okapi {

ProposalLedger::ProposalLedger(const std::vector<ServerId>& voters, Zxid last_committed)
    : last_proposed_(last_committed), last_committed_(last_committed) {
  OKAPI_ASSERT(!voters.empty());
  for (ServerId voter : voters) acked_.emplace(voter, last_committed);
}

void ProposalLedger::propose(EncodedTxn txn) {
  // The counter of a standalone server runs on into the next epoch, so "successor" is by value.
  OKAPI_ASSERT(txn.zxid == last_proposed_.next() || txn.zxid.epoch() > last_proposed_.epoch());
  last_proposed_ = txn.zxid;
  outstanding_.push_back(std::move(txn));
}

void ProposalLedger::ack(ServerId voter, Zxid zxid) {
  OKAPI_ASSERT(zxid <= last_proposed_);
  auto it = acked_.find(voter);
  if (it == acked_.end()) return;
  it->second = std::max(it->second, zxid);
}

// The zxid that a majority has on disk.
Zxid ProposalLedger::quorum_point() const {
  if (acked_.size() == 1) return acked_.begin()->second;
  std::vector<Zxid> points;
  for (const auto& [voter, zxid] : acked_) points.push_back(zxid);
  auto majority = points.begin() + static_cast<std::ptrdiff_t>(points.size() / 2);
  std::nth_element(points.begin(), majority, points.end(), std::greater<>());
  return *majority;
}

void ProposalLedger::take_committed(std::vector<EncodedTxn>& out) {
  Zxid point = quorum_point();
  while (!outstanding_.empty() && outstanding_.front().zxid <= point) {
    last_committed_ = outstanding_.front().zxid;
    out.push_back(std::move(outstanding_.front()));
    outstanding_.pop_front();
  }
}

}  // namespace okapi
