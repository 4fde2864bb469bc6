// What QuorumCnx passes on: messages to links that can take them, and what links brought.
#include <utility>

#include "server/election/quorum_cnx_manager.h"

namespace okapi {
namespace {

// When WorkerReceiver is behind, it is looked at again after this.
constexpr Millis kBacklogPause{10};

}  // namespace

void QuorumCnxManager::send_waiting(MonoTime now) {
  std::vector<std::pair<uint64_t, std::string>> broken;
  for (auto& [sid, token] : up_) {
    Entry& entry = links_.at(token);
    CnxLink& link = entry.link;
    Status sent = link.write();
    while (sent.ok() && !link.wants_write() && policy_.has_message(sid)) {
      if (link.is_mute(now)) {
        sent = Error{ErrorKind::kClosed, "nothing was answered for long"};
        break;
      }
      link.put_frame(policy_.take(sid).view(), now);
      sent = link.write();
    }
    if (!sent.ok()) broken.emplace_back(token, sent.error().text);
    set_interest(token, entry);
  }
  for (const auto& [token, why] : broken) close(token, why, now);
}

void QuorumCnxManager::hand_on(Turn& turn) {
  for (auto& [sid, token] : up_) {
    auto& held = links_.at(token).link.held();
    if (!held) continue;
    if (incoming.backlog() >= options_.receive_backlog_max) {
      turn.wake_at(turn.now() + kBacklogPause);
      break;
    }
    incoming.add({.from = sid, .message = std::move(*held)});
    held.reset();
  }
  incoming.flush();
}

}  // namespace okapi
