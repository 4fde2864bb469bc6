// The leader's book of proposals: what is outstanding, which server has synced how far, what a
// quorum therefore commits (Zab's broadcast phase; a standalone server is its own quorum). While a
// reconfig is under way it needs a quorum of the old and of the new configuration, as does all that
// follows it until it is active (peer-protocol spec 6.2, 6.7). A part of QuorumPeer: one
// thread, no disk, O(servers) per commit however much is outstanding, as acks are cumulative.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "server/config/quorum_config.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

// Whether an ensemble's leader must step down instead of proposing under this zxid: the next one
// would run into the epoch (ZOOKEEPER-1277).
constexpr bool exhausts_counter(Zxid zxid) { return zxid.counter() == 0xffffffff; }

class ProposalLedger {
 public:
  // `config`: whose acks count. `last_committed`: where the history ends that all of them share.
  ProposalLedger(SharedQuorumConfig config, Zxid last_committed);

  // Takes the next proposal. Its zxid is the successor of the last one, or the first of a new
  // epoch.
  void propose(EncodedTxn txn);
  // The same for a change to the configuration `next`; one at a time.
  void propose_reconfig(EncodedTxn txn, SharedQuorumConfig next);
  // The committed change takes effect: all behind it needs the new quorum alone. That is safe, as
  // whoever leads next has the change, and so needs the new quorum. (The reference asks the old one
  // for what was outstanding, and waits for ever once its servers have become observers.)
  void activate();

  // `server` has everything up to `zxid` on disk. Servers that have no vote are noted, for they may
  // get one, but do not count. An ack of what was never proposed is an error of the caller (the
  // link to a peer checks before).
  void ack(ServerId server, Zxid zxid);
  // `server` begins again at `zxid`: its acks behind that are void, as it may have been told to cut
  // what it acked. Until it acks it anew its disk does not hold it.
  void retract(ServerId server, Zxid zxid);
  // Drops the note of a server without a vote.
  void forget(ServerId server);

  // Moves what has become committed, in zxid order, to the end of `out`, but nothing behind a
  // reconfig: true if it stopped there; the caller activates it and asks again.
  bool take_committed(std::vector<EncodedTxn>& out);

  Zxid last_proposed() const { return last_proposed_; }
  Zxid last_committed() const { return last_committed_; }
  // Oldest first.
  const std::deque<EncodedTxn>& outstanding() const { return outstanding_; }
  // How far a server has acked; 0 if it never did.
  Zxid acked(ServerId server) const;
  // The change that is proposed and not activated, or null.
  SharedQuorumConfig next_config() const;

 private:
  // What proposals from `first` on need: a quorum in each of these.
  struct Rule {
    Zxid first;
    std::vector<SharedQuorumConfig> configs;
    std::vector<std::vector<ServerId>> voters;  // of each config
  };
  static Rule rule_from(Zxid first, std::vector<SharedQuorumConfig> configs);
  void check_next(const EncodedTxn& txn);
  Zxid quorum_point(const Rule& rule) const;
  Zxid quorum_point(const QuorumConfig& config, const std::vector<ServerId>& voters) const;

  std::map<ServerId, Zxid> acked_;  // synced up to here
  std::deque<Rule> rules_;          // by `first`; the front one is for the oldest outstanding
  bool reconfig_open_ = false;      // the last rule has a config that is not active
  Zxid reconfig_zxid_;
  std::deque<EncodedTxn> outstanding_;
  Zxid last_proposed_, last_committed_;
  mutable std::vector<std::pair<Zxid, ServerId>> points_;  // scratch
};

}  // namespace okapi
