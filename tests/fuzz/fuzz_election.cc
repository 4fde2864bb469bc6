// Any bytes on the election port: as an initial message, as a notification, and as a notification
// that reaches the rules and an election under way. None may break a rule or change our membership
// for a stranger.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/base/assert.h"
#include "server/election/fast_leader_election.h"
#include "server/election/initial_message.h"
#include "server/election/receiver_rules.h"

namespace okapi {
namespace {

constexpr const char* kConfig =
    "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer\nversion=5";

void check_initial_message(ByteView bytes) {
  auto read = parse_initial_message(bytes);
  if (!read.ok() || !read->has_value()) return;
  const InitialMessage& message = **read;
  OKAPI_ASSERT(message.bytes <= bytes.size() && message.bytes <= kInitialMessageBytesMax);
  OKAPI_ASSERT(message.addresses.size() <= kInitialAddressesMax);
  if (message.addresses.empty()) return;
  auto again = parse_initial_message(encode_initial_message(message.sid, message.addresses, true));
  OKAPI_ASSERT(again.ok() && again->has_value());
  OKAPI_ASSERT((*again)->sid == message.sid && (*again)->addresses == message.addresses);
}

void check_notification(ByteView bytes) {
  auto read = parse_notification(bytes);
  if (!read.ok()) return;
  OKAPI_ASSERT(read->vote.peer_epoch < kVoteEpochEnd && read->config_text.size() < bytes.size());
  if (read->state && read->version == 2) {
    auto again = encode_notification(*read->state, read->vote, read->config_text);
    OKAPI_ASSERT(parse_notification(again.view()).value() == *read);
  }
  auto parsed = QuorumConfig::parse(kConfig, {});
  ElectionConfigs configs{std::make_shared<const QuorumConfig>(*parsed), nullptr};
  MonoTime now{Millis(1'000)};
  FastLeaderElection election(ServerId(2), {});
  election.start_looking({}, configs, now);
  ReceiverRules rules(ServerId(2), {});
  for (PeerState state : {PeerState::kLooking, PeerState::kLeading}) {
    rules.set_standing(Standing{.state = state, .vote = {}, .round = 1, .configs = configs});
    for (int64_t from : {1, 3, 4, 9}) {
      auto verdict = rules.receive(ServerId(from), *read, now);
      for (const ElectionNews& news : verdict.news) {
        if (auto* newer = std::get_if<NewerConfig>(&news)) {
          OKAPI_ASSERT(from != 9 && newer->config->version() > 5);
        } else if (auto* heard = std::get_if<Heard>(&news)) {
          auto effects = election.on_notification(heard->from, heard->message, now);
          OKAPI_ASSERT(!effects.elected || configs.is_voter(effects.elected->vote.leader));
        }
      }
    }
  }
  OKAPI_ASSERT(election.proposal().leader == kNoCandidate ||
               configs.is_voter(election.proposal().leader));
}

}  // namespace
}  // namespace okapi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  okapi::ByteView bytes(reinterpret_cast<const char*>(data), size);
  okapi::check_initial_message(bytes);
  okapi::check_notification(bytes);
  return 0;
}
