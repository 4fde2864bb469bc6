#include "tests/unit/zab/model_node.h"

#include <algorithm>

#include "common/base/assert.h"

namespace okapi::zab_test {

bool same_txn(const EncodedTxn& a, const EncodedTxn& b) {
  return a.zxid == b.zxid && a.bytes.view() == b.bytes.view();
}

void Oracle::leads(Epoch epoch, ServerId leader) {
  auto [at, fresh] = leaders_.emplace(epoch, leader);
  OKAPI_ASSERT(fresh || at->second == leader);
}

void Oracle::merge(const History& history, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (i == all_.size()) all_.push_back(history[i]);
    OKAPI_ASSERT(same_txn(all_[i], history[i]));
  }
}

void Oracle::established(Epoch epoch, const History& history) {
  size_t older = 0;
  while (older < all_.size() && all_[older].zxid.epoch() < epoch) ++older;
  OKAPI_ASSERT(history.size() >= older);
  // A leader that comes too late may be established beside a newer one: what it has is a prefix.
  if (older == all_.size()) merge(history, history.size());
  for (size_t i = 0; i < std::min(history.size(), all_.size()); ++i) {
    OKAPI_ASSERT(same_txn(all_[i], history[i]));
  }
}

void Oracle::committed(const History& history, Zxid zxid) {
  auto at = std::find_if(history.begin(), history.end(),
                         [zxid](const EncodedTxn& txn) { return txn.zxid == zxid; });
  OKAPI_ASSERT(at != history.end());
  merge(history, static_cast<size_t>(at - history.begin()) + 1);
}

// INV-B1: epochs never fall, current never passes accepted.
void ModelNode::set_epoch(Epoch& which, Epoch epoch) {
  OKAPI_ASSERT(epoch >= which);
  which = epoch;
  OKAPI_ASSERT(current_ <= accepted_);
}

void ModelNode::append(const EncodedTxn& txn) {
  OKAPI_ASSERT(log_.empty() || follows(last_logged(), txn.zxid));
  OKAPI_ASSERT(txn.zxid.epoch() <= accepted_);
  log_.push_back(txn);
}

void ModelNode::flush(MonoTime now) {
  if (synced_ == log_.size()) return;
  synced_ = log_.size();
  if (leader_ != nullptr) {
    LeaderEffects out;
    leader_->logged(last_logged(), out);
    run(out, now);
  } else if (learner_ != nullptr) {
    LearnerEffects out;
    learner_->logged(last_logged(), out);
    run(out, now);
  }
}

// Tree and committed log as the log on disk has them.
void ModelNode::reload() {
  tree_ = log_;
  committed_.clear();
  for (const EncodedTxn& txn : log_) committed_.add(txn);
}

ModelNode::Link* ModelNode::find(LinkId id) {
  for (auto& link : links_) {
    if (link->id == id) return link.get();
  }
  return nullptr;
}

void ModelNode::lead(MonoTime now) {
  reload();
  LeaderOptions options;
  options.self = sid_;
  options.accepted = accepted_;
  options.current = current_;
  options.last_zxid = last_logged();
  options.limits = {Millis(1000), Millis(500), 50};
  if (!log_.empty() && rng_.chance(1, 2)) options.log_from = log_.front().zxid;
  options.reconfig_enabled = true;
  leader_ = std::make_unique<Leader>(options, config_, next_, committed_, now);
  LeaderEffects out;
  leader_->begin(now, out);
  run(out, now);
}

void ModelNode::follow(ModelNode& leader, LinkId id, MonoTime now) {
  reload();
  LearnerOptions options;
  options.self = sid_;
  options.leader = leader.sid_;
  options.observer = config_->is_observer(sid_);
  options.reconfig_enabled = true;
  options.accepted = accepted_;
  options.current = current_;
  options.last_zxid = suspect_ ? Zxid(-1) : last_logged();
  options.committed = known_committed_;
  options.config = config_;
  options.init_limit = Millis(1000);
  options.sync_limit = Millis(500);
  learner_ = std::make_unique<Learner>(options, committed_, now);
  auto link = std::make_shared<Link>();
  link->id = id;
  link->leader = &leader;
  link->learner = this;
  links_.push_back(link);
  LeaderEffects told;
  leader.links_.push_back(link);
  leader.leader_->connected(id, now, told);
  leader.run(told, now);
  LearnerEffects out;
  learner_->begin(now, out);
  run(out, now);
}

void ModelNode::run(LeaderEffects& effects, MonoTime now) {
  for (LeaderEffect& effect : effects) run_one(effect, now);
}

void ModelNode::run(LearnerEffects& effects, MonoTime now) {
  for (LearnerEffect& effect : effects) run_one(effect, now);
}

void ModelNode::run_one(LeaderEffect& effect, MonoTime) {
  if (auto* accepted = std::get_if<PersistAcceptedEpoch>(&effect)) {
    set_epoch(accepted_, accepted->epoch);
  } else if (auto* current = std::get_if<PersistCurrentEpoch>(&effect)) {
    oracle_.leads(current->epoch, sid_);
    set_epoch(current_, current->epoch);
  } else if (auto* serving = std::get_if<StartServing>(&effect)) {
    oracle_.established(serving->epoch, tree_);
    counter_ = 0;
  } else if (auto* stored = std::get_if<StoreNextConfig>(&effect)) {
    if (next_ == nullptr || stored->config->version() > next_->version()) next_ = stored->config;
  } else if (auto* active = std::get_if<ActivateConfig>(&effect)) {
    adopt(active->config);
  } else if (auto* log = std::get_if<LogTxn>(&effect)) {
    append(log->txn);
  } else if (auto* commit = std::get_if<CommitTxn>(&effect)) {
    tree_.push_back(commit->txn);
    oracle_.committed(tree_, commit->txn.zxid);
  } else if (auto* send = std::get_if<SendTo>(&effect)) {
    if (Link* link = find(send->link)) link->to_learner.bytes += send->bytes.view();
  } else if (auto* closed = std::get_if<CloseLink>(&effect)) {
    if (Link* link = find(closed->link)) link->open = false;
  } else if (auto* log_wanted = std::get_if<StreamLog>(&effect)) {
    ++Oracle::taken()["log"];
    if (Link* link = find(log_wanted->link)) {
      link->log = *log_wanted;
      link->slow = true;
    }
  } else if (auto* tree_wanted = std::get_if<StreamSnapshot>(&effect)) {
    ++Oracle::taken()["snap"];
    if (Link* link = find(tree_wanted->link)) link->slow = true;
  } else if (auto* forward = std::get_if<ForwardToPrep>(&effect)) {
    prep_.push_back(std::move(*forward));
  } else if (std::holds_alternative<StepDown>(effect)) {
    ++Oracle::taken()["step down"];
    ended_ = true;
  }
}

void ModelNode::run_one(LearnerEffect& effect, MonoTime now) {
  if (auto* accepted = std::get_if<PersistAcceptedEpoch>(&effect)) {
    set_epoch(accepted_, accepted->epoch);
  } else if (auto* current = std::get_if<PersistCurrentEpoch>(&effect)) {
    // INV-B2: what NEWLEADER covers is synced.
    OKAPI_ASSERT(synced_ == log_.size() && tree_.size() == log_.size());
    set_epoch(current_, current->epoch);
    suspect_ = false;
  } else if (auto* stored = std::get_if<StoreNextConfig>(&effect)) {
    if (next_ == nullptr || stored->config->version() > next_->version()) next_ = stored->config;
  } else if (auto* active = std::get_if<ActivateConfig>(&effect)) {
    adopt(active->config);
  } else if (auto* log = std::get_if<LogTxn>(&effect)) {
    append(log->txn);
  } else if (auto* appended = std::get_if<AppendTxn>(&effect)) {
    ++Oracle::taken()["diff"];
    append(appended->txn);
  } else if (auto* voided = std::get_if<VoidNextConfig>(&effect)) {
    if (next_ != nullptr && next_->version() > voided->newest->version()) next_ = nullptr;
  } else if (std::holds_alternative<SyncLog>(effect)) {
    synced_ = log_.size();
  } else if (auto* applied = std::get_if<ApplyTxn>(&effect)) {
    tree_.push_back(applied->txn);
    committed_.add(applied->txn);
  } else if (std::holds_alternative<StartServing>(effect)) {
    // A quorum has the leader's history; a COMMIT before this was not certain.
    if (!tree_.empty()) oracle_.committed(tree_, tree_.back().zxid);
  } else if (auto* commit = std::get_if<CommitTxn>(&effect)) {
    tree_.push_back(commit->txn);
    oracle_.committed(tree_, commit->txn.zxid);
  } else if (auto* send = std::get_if<SendToLeader>(&effect)) {
    if (!links_.empty()) links_.front()->to_leader.bytes += send->bytes.view();
  } else if (auto* cut = std::get_if<TruncateLog>(&effect)) {
    ++Oracle::taken()["trunc"];
    while (!log_.empty() && last_logged() > cut->keep) log_.pop_back();
    synced_ = log_.size();
    reload();
    LearnerEffects out;
    learner_->truncated(last_logged() == cut->keep, out);
    run(out, now);
  } else if (std::holds_alternative<LoadSnapshot>(effect)) {
    links_.front()->loading.emplace();
    tree_.clear();
    committed_.clear();
  } else if (std::holds_alternative<WriteSnapshot>(effect)) {
    log_ = tree_;
    synced_ = log_.size();
  } else if (std::holds_alternative<SyncDone>(effect)) {
    ++Oracle::taken()["sync"];
    OKAPI_ASSERT(++syncs_answered_ <= syncs_asked_);
  } else if (auto* over = std::get_if<GiveUp>(&effect)) {
    ++Oracle::taken()["give up"];
    ended_ = true;
    if (!over->wipe) return;
    log_.clear();
    synced_ = 0;
    suspect_ = true;
  } else if (std::holds_alternative<EndProcess>(effect)) {
    assertion_failed("no run has two histories", __FILE__, __LINE__);
  }
}

void ModelNode::step(MonoTime now) {
  if (leader_ != nullptr) {
    for (auto link : std::vector(links_)) {
      if (!link->open) continue;
      read_leader(*link, now);
      if (link->open && !ended_) stream(*link, now);
    }
    if (rng_.chance(1, 2) && leader_->serving()) {
      for (ForwardToPrep& request : std::exchange(prep_, {})) {
        LeaderEffects out;
        if (request.op == static_cast<int32_t>(OpCode::kSync)) {
          leader_->sync(request.link, out);
          run(out, now);
        } else {
          propose(request.cxid, now);
        }
      }
    }
  } else if (learner_ != nullptr && !links_.empty()) {
    read_learner(*links_.front(), now);
  }
  if (rng_.chance(1, 3)) flush(now);
  if (ended_) return stop();
  // The other end of a closed link hears of it.
  for (size_t i = links_.size(); i-- > 0;) {
    if (!links_[i]->open) lose_link(i);
    if (looking()) return;
  }
}

void ModelNode::tick(MonoTime now) {
  if (leader_ != nullptr) {
    LeaderEffects out;
    leader_->tick(now, out);
    run(out, now);
  } else if (learner_ != nullptr) {
    LearnerEffects out;
    learner_->tick(now, out);
    run(out, now);
  }
  if (ended_) stop();
}

void ModelNode::lose_link(size_t index) {
  auto link = links_[index];
  link->open = false;
  links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(index));
  if (leader_ != nullptr) {
    leader_->disconnected(link->id);
  } else {
    stop();
  }
}

// Sync is drained first; then memory is what the log is.
void ModelNode::stop() {
  synced_ = log_.size();
  if (learner_ != nullptr) known_committed_ = learner_->last_committed();
  if (leader_ != nullptr) known_committed_ = std::max(known_committed_, leader_->last_committed());
  for (auto& link : links_) link->open = false;
  links_.clear();
  leader_.reset();
  learner_.reset();
  prep_.clear();
  ended_ = false;
  syncs_asked_ = syncs_answered_ = 0;
}

void ModelNode::crash() {
  // Of what was not synced some survives, some does not.
  size_t kept = synced_ + rng_.below(log_.size() - synced_ + 1);
  log_.resize(kept);
  stop();
  known_committed_ = Zxid();
}

void ModelNode::propose(int32_t mark, MonoTime now) {
  if (!leading() || ended_) return;
  LeaderEffects out;
  leader_->propose(txn_at(leader_->last_proposed().next(), mark), now, out);
  run(out, now);
}

void ModelNode::adopt(const SharedQuorumConfig& config) {
  if (config->version() > config_->version()) config_ = config;
}

void ModelNode::propose_reconfig(const std::set<ServerId>& voters, MonoTime now) {
  if (!leading() || ended_) return;
  if (next_ != nullptr && next_->version() > config_->version()) return;
  Zxid zxid = leader_->last_proposed().next();
  std::vector<QuorumServer> members;
  for (auto [sid, member] : config_->members()) {
    member.observer = !voters.contains(sid);
    members.push_back(member);
  }
  auto next = std::make_shared<const QuorumConfig>(std::move(members), zxid.value());
  if (!next->contains_quorum(leader_->synced(now))) return;
  ++Oracle::taken()["reconfig"];
  TxnHeader header{SessionId(1), 1, zxid, 1'000, static_cast<int32_t>(OpCode::kReconfig)};
  std::string path = "/zookeeper/config", text = next->text();
  LeaderEffects out;
  leader_->propose_reconfig(encode_txn(header, SetDataTxn{path, text, -1}, std::nullopt), next, now,
                            out);
  run(out, now);
}

void ModelNode::client_request() {
  if (!following() || ended_) return;
  LearnerEffects out;
  bool sync = rng_.chance(1, 3);
  syncs_asked_ += sync ? 1 : 0;
  auto op = static_cast<int32_t>(sync ? OpCode::kSync : OpCode::kSetData);
  learner_->request({SessionId(sid_.value()), static_cast<int32_t>(rng_.below(1'000'000)), op, "b"},
                    {{"ip", "127.0.0.1"}}, out);
  run(out, MonoTime());
}

}  // namespace okapi::zab_test
