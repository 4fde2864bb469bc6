// What a reconfig request (opcode 16) makes of the membership (peer-protocol spec 11.6): the part
// that only computes. Before it the caller checks that reconfig is enabled, the session, and that
// it leads; after it, that a quorum of the new configuration is synced, and the right to write the
// config node. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/proto/error_code.h"
#include "common/proto/requests.h"
#include "server/config/quorum_config.h"

namespace okapi {

struct ReconfigPlan {
  ErrorCode error = ErrorCode::kOk;
  std::string why;                     // for the log, of an error
  std::optional<QuorumConfig> config;  // without an error
};

// The configuration that the request asks for, at version `zxid`. Errors in the reference's order:
// kReconfigInProgress, kBadVersion, then kBadArguments, or kMarshallingError where it trips over
// text that should be a number or a bulk list without a quorum.
// Names are compared as written, so two servers of one name and port conflict even if nobody knows
// the name; the reference looks it up first.
ReconfigPlan plan_reconfig(const ReconfigRequest& request, const QuorumConfig& current,
                           const QuorumConfig& last_seen, const MembershipRules& rules, Zxid zxid);

}  // namespace okapi
