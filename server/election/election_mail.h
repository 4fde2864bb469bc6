// The mail between QuorumPeer, WorkerSender, WorkerReceiver and QuorumCnx:
//
//   QuorumPeer -- Ballot --> WorkerSender -- OutgoingFrame --> QuorumCnx
//   QuorumPeer <- ElectionNews -- WorkerReceiver <- IncomingFrame -- QuorumCnx
//   QuorumPeer -- Standing --> WorkerReceiver,   WorkerReceiver -- Ballot --> WorkerSender
//   QuorumPeer -- CnxPeers --> QuorumCnx -- LinkNews --> QuorumPeer
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/proto/host_port.h"
#include "server/election/election_configs.h"
#include "server/election/notification.h"

namespace okapi {

// One vote for several servers. Never for ourselves.
struct Ballot {
  std::vector<ServerId> to;
  PeerState state = PeerState::kLooking;
  Vote vote;
  SharedQuorumConfig config;  // its text travels with the vote
};

// The same, encoded once. Replaces what was not yet sent to those servers.
struct OutgoingFrame {
  std::vector<ServerId> to;
  SharedBytes message;
};

// What a connection brought; `from` is whom the connection says it is.
struct IncomingFrame {
  ServerId from;
  SharedBytes message;
};

// What QuorumPeer wants answered while it does other things. Posted before an election starts, at
// each change of round or configuration, and when a vote, a role or a renewed epoch is there.
struct Standing {
  PeerState state = PeerState::kLooking;
  // Between two roles, and when this server leaves: nobody is answered, as what was is over.
  bool silent = false;
  Vote vote;          // currentVote: the outcome of the last election
  int64_t round = 0;  // logical clock
  ElectionConfigs configs;
};

// A voter's message for the election; comes only while the standing is LOOKING.
struct Heard {
  ServerId from;
  Notification message;
};
// A member knows a newer configuration. Comes only while the standing is LOOKING.
struct NewerConfig {
  ServerId from;
  SharedQuorumConfig config;
};
// A voter looks for a leader while we lead: it is not with us (peer-protocol spec 4.5).
struct DisloyalVoter {
  ServerId sid;
};
// From QuorumCnx, whatever the standing: a connection with a server stands, or has ended.
struct LinkNews {
  ServerId sid;
  bool up = false;
};
using ElectionNews = std::variant<Heard, NewerConfig, DisloyalVoter, LinkNews>;

// Everybody whom QuorumCnx may dial, with the election addresses; without ourselves. Links to
// others count as links to strangers.
struct CnxPeers {
  std::map<ServerId, std::vector<HostPort>> addresses;
  // Where we are to be found ourselves; empty = where we were.
  std::vector<HostPort> own{};
};

}  // namespace okapi
