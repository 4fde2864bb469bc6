// One server of the model run: a toy disk and tree around a real Leader or Learner. The host side
// of the effects, as the peer stages will do it, in the plainest form.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "server/zab/leader.h"
#include "server/zab/learner.h"
#include "tests/support/packet_reader.h"
#include "tests/unit/zab/support.h"

namespace okapi::zab_test {

// A history as the checkers compare it: zxid and content of each transaction.
using History = std::vector<EncodedTxn>;
bool same_txn(const EncodedTxn& a, const EncodedTxn& b);

// What the whole run has seen; it outlives crashes.
class Oracle {
 public:
  // INV-A1: nobody else comes to synchronise learners in this epoch. (Two may choose it, but the
  // epoch's acks count for one.)
  void leads(Epoch epoch, ServerId leader);
  // INV-A9: what was committed before is in the history of whoever begins to serve.
  void established(Epoch epoch, const History& history);
  // INV-A2: all commit the same, in the same order. `history` up to `zxid` is committed.
  void committed(const History& history, Zxid zxid);
  const History& all() const { return all_; }
  // How often a road was taken, over all runs.
  static std::map<std::string, int>& taken() {
    static std::map<std::string, int> counts;
    return counts;
  }

 private:
  void merge(const History& history, size_t count);
  History all_;
  std::map<Epoch, ServerId> leaders_;
};

class ModelNode {
 public:
  // Bytes on their way from one end of a link to the other, in pieces.
  struct Pipe {
    std::string bytes;
  };
  struct Link {
    LinkId id;
    ModelNode* leader = nullptr;
    ModelNode* learner = nullptr;
    Pipe to_leader, to_learner;
    PacketReader leader_in, learner_in;
    bool open = true;
    bool slow = false;  // the handler streams; the snapshot or log is not through
    std::optional<StreamLog> log;
    std::optional<History> loading;  // learner: a tree comes
  };

  ModelNode(ServerId sid, SharedQuorumConfig config, Oracle& oracle, Rng& rng)
      : sid_(sid), oracle_(oracle), rng_(rng), config_(std::move(config)) {}

  // --- the world ---
  void lead(MonoTime now);
  void follow(ModelNode& leader, LinkId id, MonoTime now);
  void step(MonoTime now);
  void tick(MonoTime now);
  void lose_link(size_t index);
  void crash();
  void stop();  // an orderly end of the role
  void propose(int32_t mark, MonoTime now);
  // A change to these voters, if nothing speaks against it; everybody else observes.
  void propose_reconfig(const std::set<ServerId>& voters, MonoTime now);
  // What an election tells of configurations: the newest active one among its servers.
  void adopt(const SharedQuorumConfig& config);
  void client_request();

  ServerId sid() const { return sid_; }
  bool votes() const { return config_->is_voter(sid_); }
  bool suspect() const { return suspect_; }
  const SharedQuorumConfig& config() const { return config_; }
  // A quorum of its configuration, and of the one that was proposed after it.
  bool elected_by(const std::set<ServerId>& quorum) const {
    return config_->contains_quorum(quorum) &&
           (next_ == nullptr || next_->version() <= config_->version() ||
            next_->contains_quorum(quorum));
  }
  bool looking() const { return leader_ == nullptr && learner_ == nullptr; }
  bool leading() const { return leader_ != nullptr && leader_->serving(); }
  bool is_leader() const { return leader_ != nullptr; }
  bool following() const { return learner_ != nullptr && learner_->serving(); }
  size_t links() const { return links_.size(); }
  std::pair<Epoch, Zxid> vote() const { return {current_, last_logged()}; }
  const History& log() const { return log_; }
  int syncs_answered() const { return syncs_answered_; }

 private:
  Zxid last_logged() const { return log_.empty() ? Zxid() : log_.back().zxid; }
  void run(LeaderEffects& effects, MonoTime now);
  void run(LearnerEffects& effects, MonoTime now);
  void run_one(LeaderEffect& effect, MonoTime now);
  void run_one(LearnerEffect& effect, MonoTime now);
  void read_learner(Link& link, MonoTime now);
  void read_leader(Link& link, MonoTime now);
  void load(Link& link, MonoTime now);
  void stream(Link& link, MonoTime now);
  void append(const EncodedTxn& txn);
  void flush(MonoTime now);
  void set_epoch(Epoch& which, Epoch epoch);
  void reload();
  Link* find(LinkId id);

  const ServerId sid_;
  Oracle& oracle_;
  Rng& rng_;
  // The disk: epochs, and the log of which `synced_` entries survive a crash for certain.
  Epoch accepted_, current_;
  History log_;
  size_t synced_ = 0;
  bool suspect_ = false;  // its history was wiped: no vote until it has one again (INV-B5)
  SharedQuorumConfig config_, next_;
  // Memory.
  History tree_;
  CommittedLog committed_{4};
  Zxid known_committed_;
  std::unique_ptr<Leader> leader_;
  std::unique_ptr<Learner> learner_;
  std::vector<std::shared_ptr<Link>> links_;  // as leader: all; as learner: one
  bool ended_ = false;                        // the role is over at the end of this step
  std::vector<ForwardToPrep> prep_;
  uint32_t counter_ = 0;
  int syncs_asked_ = 0, syncs_answered_ = 0;
};

}  // namespace okapi::zab_test
