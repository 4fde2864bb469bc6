// What a committed reconfig means for leader and learners (peer-protocol spec 6.7). Pure functions.
#pragma once

#include <optional>

#include "server/config/quorum_config.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

// The configuration in a reconfig transaction; null if it is no reconfig. Errors: its data is no
// configuration.
Result<SharedQuorumConfig> config_of_txn(const EncodedTxn& txn, const MembershipRules& rules);

// Whether the server is in both, under the same quorum addresses.
bool keeps_quorum_address(const QuorumConfig& before, const QuorumConfig& after, ServerId sid);

// Whether the learner has to leave its leader and take up another role: its own role differs, or
// `designated` is somebody else, or, where nobody is named, the leader has lost its vote or its
// quorum address.
bool is_major_change(const QuorumConfig& before, const QuorumConfig& after, ServerId self,
                     ServerId leader, std::optional<ServerId> designated);

}  // namespace okapi
