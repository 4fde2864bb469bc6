// The mail between QuorumPeer and the stages of the quorum port:
//
//   QuorumPeer -- HandlerOrder --> LearnerHandler      (one box for each link: its LearnerDoor)
//   QuorumPeer <-- LearnerMail -- LearnerHandler
//   QuorumPeer -- LeaderLinkOrder --> LeaderLink -- LeaderLinkMail --> QuorumPeer
//
// Mail that came from a socket carries a MailCharge: a link whose mail lies unread stops reading.
// So an item is to be destroyed in the step that has dealt with it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "common/env/mailbox.h"
#include "common/env/net.h"
#include "common/proto/quorum_packet.h"
#include "server/zab/effects.h"

namespace okapi {

// So many bytes of a link's mail, until it goes. The account outlives the link.
class MailCharge {
 public:
  MailCharge() = default;
  MailCharge(MailCharge&& other) noexcept
      : account_(std::move(other.account_)), bytes_(std::exchange(other.bytes_, 0)) {}
  MailCharge& operator=(MailCharge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MailCharge() {
    if (account_ != nullptr) account_->fetch_sub(bytes_, std::memory_order_relaxed);
  }

 private:
  friend class MailAccount;
  MailCharge(std::shared_ptr<std::atomic<size_t>> account, size_t bytes)
      : account_(std::move(account)), bytes_(bytes) {
    account_->fetch_add(bytes, std::memory_order_relaxed);
  }
  std::shared_ptr<std::atomic<size_t>> account_;
  size_t bytes_ = 0;
};

// What one link has mailed and nobody has dealt with yet. Charged by the link's stage; any thread.
class MailAccount {
 public:
  // A link that stopped reading for its unread mail looks again after this.
  static constexpr Millis kPause{2};

  // For an item that carries so many bytes.
  MailCharge charge(size_t bytes) { return {used_, bytes + kItemBytes}; }
  size_t open() const { return used_->load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kItemBytes = 128;  // of an item itself, however small its bytes
  std::shared_ptr<std::atomic<size_t>> used_ = std::make_shared<std::atomic<size_t>>(0);
};

// --- the leader's side ---

// The effects of Leader that are for one link, as they are. Everything goes out in order, behind a
// stream that is under way; only CloseLink overtakes.
using HandlerOrder = std::variant<SendTo, CloseLink, StreamLog, StreamSnapshot>;
// Keeps the box, though perhaps nobody reads it any more. Dropped at LinkDown or after the term.
using LearnerDoor = std::shared_ptr<Mailbox<HandlerOrder>>;

// A learner has sent its first packet, FOLLOWERINFO or OBSERVERINFO, which follows.
struct LinkUp {
  LinkId link;
  Endpoint peer;
  LearnerDoor door;
};
// Packets of a link, in order.
struct PacketsIn {
  LinkId link;
  SharedBytes batch;  // of a PacketBatch
  MailCharge charge;
};
// The last of this link, after a CloseLink too. The reason names the peer.
struct LinkDown {
  LinkId link;
  std::string why;
};
struct LogSent {
  LinkId link;
  CommittedWalk walk;
};
struct LogUnusable {
  LinkId link;
};
struct SnapshotSent {
  LinkId link;
  Zxid stamp;
};
using LearnerMail = std::variant<LinkUp, PacketsIn, LinkDown, LogSent, LogUnusable, SnapshotSent>;

// --- the learner's side ---

struct CloseLeaderLink {
  std::string why;
};
using LeaderLinkOrder = std::variant<SendToLeader, CloseLeaderLink>;

struct LeaderUp {
  Endpoint peer;
};
// Packets of the leader, in order; SNAP is the last of its batch.
struct LeaderPackets {
  SharedBytes batch;  // of a PacketBatch
  MailCharge charge;
};
// The raw stream behind a SNAP packet; packets go on behind the chunk that has `last`.
struct SnapshotBytes {
  std::string bytes;
  bool last = false;
  MailCharge charge;
};
// The last mail, once, also if no connection came about. The reason names the leader.
struct LeaderDown {
  std::string why;
};
using LeaderLinkMail = std::variant<LeaderUp, LeaderPackets, SnapshotBytes, LeaderDown>;

}  // namespace okapi
