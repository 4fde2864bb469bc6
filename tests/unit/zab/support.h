// What the tests of server/zab share: configurations, transactions, bytes in hexadecimal.
#pragma once

#include <string>
#include <vector>

#include "server/config/quorum_config.h"
#include "server/txn/encoded_txn.h"
#include "tests/support/hex.h"

namespace okapi::zab_test {

// Servers first..last as voters.
inline SharedQuorumConfig voters(int64_t first, int64_t last, int64_t version = 0) {
  std::vector<QuorumServer> members;
  for (int64_t sid = first; sid <= last; ++sid) {
    auto port = static_cast<uint16_t>(1000 + sid);
    members.push_back({.sid = ServerId(sid),
                       .addresses = {{"10.0.0.1", port, static_cast<uint16_t>(port + 1000)}},
                       .client = std::nullopt});
  }
  return std::make_shared<const QuorumConfig>(std::move(members), version);
}

inline SharedQuorumConfig config_of(const std::string& text) {
  auto config = QuorumConfig::parse(text, MembershipRules{});
  if (!config.ok()) return nullptr;
  return std::make_shared<const QuorumConfig>(std::move(*config));
}

constexpr Zxid zx(int64_t epoch, uint32_t counter) { return Zxid::make(Epoch(epoch), counter); }

// A whole transaction whose content tells `mark`.
inline EncodedTxn txn_at(Zxid zxid, int32_t mark = 0) {
  TxnHeader header{SessionId(1), mark, zxid, 1'000, static_cast<int32_t>(OpCode::kError)};
  return encode_txn(header, ErrorTxn{-101}, std::nullopt);
}

}  // namespace okapi::zab_test
