// The message of an election (peer-protocol spec 2.1): the sender's state, its vote, and since 3.5
// the text of its configuration. Read in all layouts of the reference, written in the newest one
// only. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "server/election/vote.h"

namespace okapi {

struct Notification {
  // None for a number that means nothing: such a message of a voter is dropped, that of a stranger
  // is answered.
  std::optional<PeerState> state = PeerState::kLooking;
  Vote vote{};
  // 0 for messages of up to 40 bytes, else as sent.
  int32_t version = 2;
  // Empty if none came.
  std::string config_text{};
  friend bool operator==(const Notification&, const Notification&) = default;
};

// An epoch from here on is refused in a vote: it would use up the space of epochs (X-ELE-10).
constexpr Epoch kVoteEpochEnd{(int64_t{1} << 31) - 2};

// Errors: kTruncated for a layout that ends early, kInvalid for a length or an epoch that cannot
// be. The connection stays.
Result<Notification> parse_notification(ByteView message);

// Version 2, without the frame's length.
SharedBytes encode_notification(PeerState state, const Vote& vote, ByteView config_text);

}  // namespace okapi
