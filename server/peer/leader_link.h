// The stage that is a learner's connection to its leader: it dials, then carries packets between
// the leader and QuorumPeer, which hosts Learner. One for each time of following or observing; it
// dials once and ends once. It stops reading while QuorumPeer is behind.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/peer/leader_dial.h"
#include "server/peer/packet_link.h"
#include "server/peer/port_mail.h"
#include "server/storage/snapshot_parser.h"

namespace okapi {

struct LeaderLinkOptions {
  LeaderDialOptions dial{};
  PacketLinkOptions packets{};
  // One string or buffer of a snapshot: jute.maxbuffer + extrasize.
  uint32_t snapshot_item_bytes_max = kDefaultRecordBytesMax;
  // Mailed and not dealt with; past it the socket is not read.
  size_t mail_bytes_max = Limits{}.quorum_mail_bytes_max;
};

class LeaderLink final : public Stage {
 public:
  // To be enrolled with poller() (home `LeaderLink:<sid>`), then begun.
  LeaderLink(Env& env, const LeaderLinkOptions& options, Mailbox<LeaderLinkMail>& quorum_peer);
  ~LeaderLink() override;
  Poller* poller() { return poller_.get(); }

  Mailbox<LeaderLinkOrder> orders;  // of QuorumPeer
  Mailbox<NameLookup> lookups;      // of the resolver

  // Once, after the enrolment: it dials.
  void begin(Bell& bell);
  void step(Turn& turn) override;

 private:
  void dial(Turn& turn);
  void take_orders();
  void read(Turn& turn);
  Status hand_on();
  Status hand_on_raw();
  void write(Turn& turn);
  void set_interest(bool reading);
  void end(const std::string& why);

  Env& env_;
  const LeaderLinkOptions options_;
  std::unique_ptr<Poller> poller_;
  Sink<LeaderLinkMail> mail_;
  MailAccount account_;
  // One of the two, until the end.
  std::optional<LeaderDial> dial_;
  std::optional<PacketLink> link_;
  Interest interest_ = Interest::kNone;
  bool reading_ = true;
  // While a snapshot comes: finds its end.
  std::unique_ptr<SnapshotSink> nobody_;
  std::optional<SnapshotParser> snapshot_;
  // In this step. Then it lends itself to Sync (architecture section 7, hand-offs rule 6): what the
  // leader sends meanwhile waits in the socket and is the next batch, and no thread is woken.
  bool got_packets_ = false;
  std::vector<LeaderLinkOrder> orders_inbox_;
  std::vector<NameLookup> lookups_inbox_;
};

}  // namespace okapi
