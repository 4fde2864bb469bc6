#include "server/zab/config_change.h"

#include <algorithm>

namespace okapi {
namespace {

bool same_quorum_addresses(const QuorumServer& a, const QuorumServer& b) {
  auto within = [](const QuorumServer& some, const QuorumServer& all) {
    return std::all_of(some.addresses.begin(), some.addresses.end(), [&](const PeerAddress& one) {
      return std::any_of(all.addresses.begin(), all.addresses.end(), [&](const PeerAddress& other) {
        return one.host == other.host && one.quorum_port == other.quorum_port;
      });
    });
  };
  return within(a, b) && within(b, a);
}

}  // namespace

bool keeps_quorum_address(const QuorumConfig& before, const QuorumConfig& after, ServerId sid) {
  const QuorumServer* old_server = before.find(sid);
  const QuorumServer* new_server = after.find(sid);
  return old_server != nullptr && new_server != nullptr &&
         same_quorum_addresses(*old_server, *new_server);
}

Result<SharedQuorumConfig> config_of_txn(const EncodedTxn& txn, const MembershipRules& rules) {
  SharedQuorumConfig none;
  auto header = jute::decode<TxnHeader>(txn.bytes.view());
  if (!header.ok() || header->type != static_cast<int32_t>(OpCode::kReconfig)) return none;
  auto decoded = decode_txn(txn.bytes.view());
  if (!decoded.ok()) return decoded.error();
  const auto* body = std::get_if<SetDataTxn>(&decoded->body);
  if (body == nullptr || !body->data.has_value()) {
    return Error{ErrorKind::kCorrupt, "reconfig without a configuration"};
  }
  auto config = QuorumConfig::parse(*body->data, rules);
  if (!config.ok()) return config.error();
  return std::make_shared<const QuorumConfig>(std::move(*config));
}

bool is_major_change(const QuorumConfig& before, const QuorumConfig& after, ServerId self,
                     ServerId leader, std::optional<ServerId> designated) {
  if (after.version() <= before.version()) return false;
  if (before.is_observer(self) != after.is_observer(self)) return true;
  if (designated.has_value()) return *designated != leader;
  return !after.is_voter(leader) || !keeps_quorum_address(before, after, leader);
}

}  // namespace okapi
