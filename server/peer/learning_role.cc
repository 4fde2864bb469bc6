#include "server/peer/learning_role.h"

#include <spdlog/fmt/fmt.h>

#include "server/peer/port_options.h"

namespace okapi {

LearningRole::LearningRole(const PeerSite& site, Bell& bell, ConfigKeeper& configs,
                           RoleMetrics& metrics, const LearningOptions& options)
    : RoleTerm(site, bell),
      bell_(bell),
      configs_(configs),
      metrics_(metrics),
      options_(options),
      now_(site.env.clock().now()) {
  from_leader_.attach(bell);
  site.store.put_config(*configs.current());
  const QuorumServer* other = configs.find(options.master.value_or(options.leader));
  if (other == nullptr) {
    give_up(fmt::format("leader {} is no member", options.leader.value()));
    return;
  }
  link_ = std::make_unique<LeaderLink>(site.env, link_options(*other), from_leader_);
  StageOptions home = site.home_of("LeaderLink");
  home.poller = link_->poller();
  to_leader_ = Sink<LeaderLinkOrder>(link_->orders);
  link_->begin(site.env.scheduler().enroll(*link_, home));
}

LeaderLinkOptions LearningRole::link_options(const QuorumServer& other) const {
  if (!options_.master.has_value()) return leader_link_options(site_.config, other);
  return leader_link_options(site_.config, with_observer_port(site_.config, other));
}

LearnerOptions LearningRole::learner_options() const {
  const QuorumSettings& quorum = site_.config.quorum;
  LearnerOptions out;
  out.self = site_.self();
  out.leader = options_.leader;
  out.observer = options_.observer;
  out.master = options_.master;
  out.accepted = site_.store.accepted_epoch();
  out.current = site_.store.current_epoch();
  out.last_zxid = site_.store.last_zxid();
  out.committed = options_.committed;
  out.config = configs_.current();
  out.rules = quorum.rules();
  out.reconfig_enabled = site_.config.request.reconfig_enabled;
  out.init_limit = site_.ticks(quorum.init_limit_ticks);
  out.sync_limit = site_.ticks(quorum.sync_limit_ticks);
  return out;
}

// There is no sense in dialling a leader that went away just after it was elected.
void LearningRole::member_gone(ServerId sid) {
  if (sid != options_.leader || learner_.has_value()) return;
  give_up(fmt::format("leader {} is gone", sid.value()));
}

Zxid LearningRole::last_committed() const {
  return learner_.has_value() ? learner_->last_committed() : Zxid();
}

void LearningRole::step(Turn& turn) {
  now_ = turn.now();
  if (learner_.has_value()) take_pipeline();
  take_leader();
  if (observers_.has_value()) {
    observers_->step(turn);
    run(effects_);
  }
  if (learner_.has_value()) {
    learner_->tick(now_, effects_);
    run(effects_);
    if (learner_->serving()) term_.serve_until(learner_->silent_until());
  }
  turn.wake_at(now_ + site_.ticks(1) / 2);
  if (observers_.has_value()) observers_->flush();
  term_.ends.flush();
  to_leader_.flush();
}

void LearningRole::take_pipeline() {
  PipelineEnds& ends = term_.ends;
  logged_inbox_.clear();
  if (ends.logged.drain(logged_inbox_)) learner_->logged(logged_inbox_.back().zxid, effects_);
  requests_inbox_.clear();
  ends.requests.drain(requests_inbox_);
  for (const PrepMail& mail : requests_inbox_) {
    send_on(mail, [&](const ForwardedRequest& request, const IdentityList& identities) {
      learner_->request(request, identities, effects_);
    });
  }
  questions_inbox_.clear();
  ends.questions.drain(questions_inbox_);
  for (const Revalidation& question : questions_inbox_) learner_->revalidate(question, effects_);
  touched_inbox_.clear();
  if (ends.touched.drain(touched_inbox_)) learner_->touched(touched_inbox_);
  run(effects_);
}

void LearningRole::take_leader() {
  leader_inbox_.clear();
  if (!from_leader_.drain(leader_inbox_)) return;
  for (LeaderLinkMail& mail : leader_inbox_) {
    // What came behind the end is of no interest.
    if (over().has_value()) break;
    std::visit([&](auto& kind) { take(kind); }, mail);
    run(effects_);
  }
  leader_inbox_.clear();  // what was dealt with is no charge on the link any more
}

void LearningRole::take(LeaderUp& mail) {
  learner_.emplace(learner_options(), site_.database.committed_log(), now_);
  OKAPI_INFO(site_.env.log(), "connected to {} at {}:{}", learner_->other_end(), mail.peer.ip,
             mail.peer.port);
  learner_->begin(now_, effects_);
}

void LearningRole::take(LeaderPackets& mail) {
  PacketWalk walk(mail.batch);
  while (auto packet = walk.next()) {
    if (over().has_value()) return;
    learner_->received(*packet, now_, effects_);
    run(effects_);
  }
}

void LearningRole::take(SnapshotBytes& mail) {
  learner_->heard(now_);
  size_t taken = 0;
  auto complete = site_.store.feed_snapshot(mail.bytes, taken);
  if (!complete.ok()) {
    return give_up(fmt::format("{} sent a snapshot that cannot be read: {}", learner_->other_end(),
                               complete.error().text));
  }
  OKAPI_ASSERT(*complete == mail.last && taken == mail.bytes.size());  // the link found the end
  if (!*complete) return;
  site_.store.put_config(*configs_.current());
  learner_->snapshot_loaded(now_);
}

void LearningRole::take(LeaderDown& mail) { give_up(std::move(mail.why)); }

void LearningRole::give_up(std::string why, bool wipe, std::optional<ServerId> designated) {
  finish({.why = std::move(why), .reload = ahead_of_disk_, .wipe = wipe, .designated = designated});
}

// Effects of the Learner, in its order. One that asks it something goes through this again.
void LearningRole::run(LearnerEffects& effects) {
  LearnerEffects now;
  while (!effects.empty()) {
    now.clear();
    now.swap(effects);
    for (LearnerEffect& effect : now) {
      std::visit([&](auto& kind) { carry_out(kind); }, effect);
    }
  }
}

void LearningRole::carry_out(PersistAcceptedEpoch& effect) {
  site_.must(site_.store.set_accepted_epoch(effect.epoch));
}

void LearningRole::carry_out(PersistCurrentEpoch& effect) {
  site_.must(site_.store.set_current_epoch(effect.epoch));
}

void LearningRole::carry_out(StoreNextConfig& effect) { configs_.store_next(effect.config); }

void LearningRole::carry_out(ActivateConfig& effect) {
  configs_.activate(effect.config);
  // Later the transaction itself writes the node.
  if (!served()) site_.store.put_config(*configs_.current());
  if (observers_.has_value()) observers_->activated(configs_.current());
}

void LearningRole::carry_out(StartServing& effect) {
  OKAPI_INFO(site_.env.log(), "{} {} in epoch 0x{:x}, from zxid 0x{:x} on",
             options_.observer ? "OBSERVING" : "FOLLOWING", learner_->other_end(),
             effect.epoch.value(), site_.store.last_zxid().value());
  term_.serve_until(learner_->silent_until());
  if (options_.observer) {
    term_.begin(Role::kObserver, site_.store.last_zxid(),
                {.observer_master = options_.master.value_or(options_.leader)});
  } else {
    open_observer_port();
    term_.begin(Role::kFollower, site_.store.last_zxid());
  }
}

void LearningRole::open_observer_port() {
  metrics_.synced_observers.store(0);
  const QuorumServer* own = configs_.find(site_.self());
  if (site_.config.quorum.sync.observer_master_port == 0 || own == nullptr) return;
  observers_.emplace(site_, bell_, metrics_, *own, *learner_, effects_, options_.term);
}

void LearningRole::carry_out(LogTxn& effect) { term_.ends.to_sync.add(std::move(effect.txn)); }

void LearningRole::carry_out(CommitTxn& effect) {
  if (observers_.has_value()) observers_->committed(effect);
  term_.ends.to_commit.add(std::move(effect.txn));
}

void LearningRole::carry_out(SendToLeader& effect) { to_leader_.add(std::move(effect)); }

void LearningRole::carry_out(TruncateLog& effect) {
  OKAPI_WARN(site_.env.log(), "{} has the log cut behind zxid 0x{:x}", learner_->other_end(),
             effect.keep.value());
  auto found = site_.store.truncate(effect.keep);
  site_.must(found.ok() ? Status() : found.error());
  if (*found) site_.store.put_config(*configs_.current());
  learner_->truncated(*found, effects_);
}

void LearningRole::carry_out(LoadSnapshot& effect) {
  OKAPI_INFO(site_.env.log(), "{} sends a snapshot of zxid 0x{:x}", learner_->other_end(),
             effect.zxid.value());
  ahead_of_disk_ = true;
  site_.store.begin_snapshot(effect.zxid);
}

void LearningRole::carry_out(ApplyTxn& effect) { site_.must(site_.store.apply(effect.txn)); }

void LearningRole::carry_out(AppendTxn& effect) { site_.store.append(effect.txn); }

void LearningRole::carry_out(SyncLog&) { site_.must(site_.store.sync_log()); }

void LearningRole::carry_out(WriteSnapshot&) {
  site_.must(site_.store.keep_memory());
  ahead_of_disk_ = false;
}

void LearningRole::carry_out(VoidNextConfig& effect) { configs_.void_next(*effect.newest); }

void LearningRole::carry_out(SessionAnswer& effect) { term_.ends.to_commit.add(effect); }

void LearningRole::carry_out(SyncDone& effect) { term_.ends.to_commit.add(effect); }

void LearningRole::carry_out(RelaySession& effect) { observers_->relay(effect); }

void LearningRole::carry_out(RelaySync& effect) { observers_->relay(effect); }

void LearningRole::carry_out(GiveUp& effect) {
  give_up(std::move(effect.why), effect.wipe, effect.designated);
}

void LearningRole::carry_out(EndProcess& effect) {
  site_.env.fatal(static_cast<int>(ExitCode::kUnexpectedError), effect.why);
}

void LearningRole::retire_port() {
  if (observers_.has_value()) observers_->retire();
  metrics_.synced_observers.store(-1);
  if (link_ == nullptr) return;
  site_.env.scheduler().retire(*link_);
  link_.reset();
}

}  // namespace okapi
