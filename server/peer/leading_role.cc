#include "server/peer/leading_role.h"

#include <spdlog/fmt/fmt.h>

#include "server/peer/port_options.h"
#include "server/zab/config_change.h"

namespace okapi {

LeadingRole::LeadingRole(const PeerSite& site, Bell& bell, ConfigKeeper& configs,
                         RoleMetrics& metrics, const LeadingOptions& options)
    : RoleTerm(site, bell),
      configs_(configs),
      metrics_(metrics),
      options_(options),
      now_(site.env.clock().now()),
      began_(now_) {
  site.store.put_config(*configs.current());
  leader_.emplace(leader_options(), configs.current(), configs.last_seen(),
                  site.database.committed_log(), now_);
  // Who is elected is a voter, perhaps of the proposed membership alone.
  const QuorumServer* own = configs.find(site.self());
  OKAPI_ASSERT(own != nullptr);
  learners_.emplace(site, bell,
                    learner_acceptor_options(site.config, *own, site.data_dir, options.term));
}

LeaderOptions LeadingRole::leader_options() const {
  const QuorumSettings& quorum = site_.config.quorum;
  LeaderOptions out;
  out.self = site_.self();
  out.accepted = site_.store.accepted_epoch();
  out.current = site_.store.current_epoch();
  out.last_zxid = site_.store.last_zxid();
  out.limits.init_limit = site_.ticks(quorum.init_limit_ticks);
  out.limits.sync_limit = site_.ticks(quorum.sync_limit_ticks);
  out.reconfig_enabled = site_.config.request.reconfig_enabled;
  out.force_snap = quorum.sync.force_snapshot;
  out.syncs = sync_bounds(quorum.sync);
  out.log_from = log_for_learners(site_);
  return out;
}

void LeadingRole::step(Turn& turn) {
  now_ = turn.now();
  if (!std::exchange(begun_, true)) {
    leader_->begin(now_, effects_);
    run();
  }
  take_logged();
  take_prepared();
  take_learners();
  bool tick = now_ >= next_tick_;
  if (tick) {
    next_tick_ = now_ + site_.ticks(1) / 2;
    leader_->tick(now_, effects_);
    run();
  }
  if (leader_->serving()) term_.serve_until(leader_->serving_until());
  metrics_.note(leader_->counts(now_));
  turn.wake_at(next_tick_);
  tell_membership(tick);
  // To the network first: whoever lends this thread to Sync does not have the learners wait for it.
  learners_->flush();
  term_.ends.flush();
}

// First of all: what is acked was proposed in an earlier step.
void LeadingRole::take_logged() {
  logged_inbox_.clear();
  if (!term_.ends.logged.drain(logged_inbox_)) return;
  leader_->logged(logged_inbox_.back().zxid, effects_);
  run();
}

void LeadingRole::take_prepared() {
  prepared_inbox_.clear();
  if (term_.ends.proposals.drain(prepared_inbox_)) {
    for (Prepared& item : prepared_inbox_) {
      if (auto* txn = std::get_if<EncodedTxn>(&item)) {
        metrics_.note_proposal(txn->bytes.size());
        propose(std::move(*txn));
      } else {
        sync(std::get<OrderedSync>(item));
      }
      run();
    }
  }
  verdicts_inbox_.clear();
  if (!term_.ends.verdicts.drain(verdicts_inbox_)) return;
  for (const SessionVerdict& verdict : verdicts_inbox_) {
    leader_->revalidated(verdict.link, verdict.session, verdict.valid, effects_);
    run();
  }
}

void LeadingRole::propose(EncodedTxn txn) {
  auto config = config_of_txn(txn, site_.config.quorum.rules());
  OKAPI_ASSERT(config.ok());  // Prep made it
  if (*config == nullptr || !site_.config.request.reconfig_enabled) {
    leader_->propose(std::move(txn), now_, effects_);
  } else {
    leader_->propose_reconfig(std::move(txn), *config, now_, effects_);
  }
}

void LeadingRole::sync(const OrderedSync& sync) {
  if (sync.link != LinkId()) return leader_->sync(sync.link, effects_);
  leader_->sync(SyncDone{sync.session, sync.cxid}, effects_);
}

MembershipView LeadingRole::membership() const {
  return {configs_.current(), configs_.last_seen(), leader_->synced(now_)};
}

// To Prep. `look`: followers may have fallen silent.
void LeadingRole::tell_membership(bool look) {
  if (!served()) return;
  bool changed = leader_->take_membership_changed();
  if (!changed && !look) return;
  MembershipView view = membership();
  if (!changed && view.synced == told_synced_) return;
  told_synced_ = view.synced;
  term_.ends.memberships.add(std::move(view));
}

void LeadingRole::take_learners() {
  learners_inbox_.clear();
  if (!learners_->mail.drain(learners_inbox_)) return;
  for (LearnerMail& mail : learners_inbox_) {
    std::visit([&](auto& kind) { take(kind); }, mail);
    run();
  }
  learners_inbox_.clear();  // what was dealt with is no charge on its link any more
}

void LeadingRole::take(LinkUp& mail) {
  learners_->open(mail);
  OKAPI_INFO(site_.env.log(), "learner /{}:{} is connected", mail.peer.ip, mail.peer.port);
  leader_->connected(mail.link, now_, effects_);
}

void LeadingRole::take(PacketsIn& mail) {
  PacketWalk walk(mail.batch);
  while (auto packet = walk.next()) {
    leader_->received(mail.link, *packet, now_, effects_);
    run();
  }
}

void LeadingRole::take(LinkDown& mail) {
  OKAPI_INFO(site_.env.log(), "{}", mail.why);
  learners_->down(mail.link);
  leader_->disconnected(mail.link);
}

void LeadingRole::take(LogSent& mail) { leader_->log_sent(mail.link, mail.walk, now_, effects_); }

void LeadingRole::take(LogUnusable& mail) { leader_->log_unusable(mail.link, now_, effects_); }

void LeadingRole::take(SnapshotSent& mail) {
  leader_->snapshot_sent(mail.link, mail.stamp, now_, effects_);
}

void LeadingRole::voter_looks(ServerId sid, MonoTime now) {
  int32_t wait_max = site_.config.quorum.sync.epoch_wait_ms_max;
  if (wait_max < 0 || served() || !options_.supporters.contains(sid)) return;
  if (now - began_ <= Millis(wait_max)) return;
  over(fmt::format("voter {} looks for another leader", sid.value()));
}

// Effects of the Leader, in its order.
void LeadingRole::run() {
  for (LeaderEffect& effect : effects_) {
    std::visit([&](auto& kind) { carry_out(kind); }, effect);
  }
  effects_.clear();
}

void LeadingRole::carry_out(PersistAcceptedEpoch& effect) {
  site_.must(site_.store.set_accepted_epoch(effect.epoch));
}

void LeadingRole::carry_out(PersistCurrentEpoch& effect) {
  site_.must(site_.store.set_current_epoch(effect.epoch));
}

void LeadingRole::carry_out(StoreNextConfig& effect) { configs_.store_next(effect.config); }

void LeadingRole::carry_out(ActivateConfig& effect) {
  configs_.activate(effect.config);
  // Later the transaction itself writes the node.
  if (!served()) site_.store.put_config(*configs_.current());
  if (effect.designated.has_value() && *effect.designated != site_.self()) {
    designated_ = effect.designated;
  }
}

void LeadingRole::carry_out(StartServing& effect) {
  OKAPI_INFO(site_.env.log(), "LEADING of epoch 0x{:x}, from zxid 0x{:x} on", effect.epoch.value(),
             leader_->last_proposed().value());
  term_.serve_until(leader_->serving_until());
  term_.begin(Role::kLeader, leader_->last_proposed(),
              {.proposals = &metrics_.proposals, .membership = membership()});
  metrics_.leading_since_ms.store(to_ms(now_));
  next_tick_ = now_;
}

void LeadingRole::carry_out(LogTxn& effect) { term_.ends.to_sync.add(std::move(effect.txn)); }

void LeadingRole::carry_out(CommitTxn& effect) { term_.ends.to_commit.add(std::move(effect.txn)); }

void LeadingRole::carry_out(SyncDone& effect) { term_.ends.to_commit.add(effect); }

void LeadingRole::carry_out(SendTo& effect) { learners_->order(effect.link, std::move(effect)); }

void LeadingRole::carry_out(CloseLink& effect) {
  OKAPI_WARN(site_.env.log(), "closing the link of a learner: {}", effect.why);
  learners_->order(effect.link, std::move(effect));
}

void LeadingRole::carry_out(StreamLog& effect) { learners_->order(effect.link, std::move(effect)); }

void LeadingRole::carry_out(StreamSnapshot& effect) {
  metrics_.snap_syncs.add();
  learners_->order(effect.link, effect);
}

void LeadingRole::carry_out(ForwardToPrep& effect) {
  auto mail =
      mail_of_learner(effect.link, {effect.session, effect.cxid, effect.op, effect.body},
                      std::make_shared<const IdentityList>(std::move(effect.identities)), now_);
  if (mail.has_value()) {
    term_.ends.to_prep.add(std::move(*mail));
  } else {
    learners_->order(
        effect.link,
        CloseLink{effect.link, fmt::format("forwards a request of type {}", effect.op)});
  }
}

void LeadingRole::carry_out(AskSession& effect) { term_.ends.to_tracker.add(effect); }

void LeadingRole::carry_out(TouchSessions& effect) { term_.ends.to_tracker.add(std::move(effect)); }

void LeadingRole::carry_out(StepDown& effect) { over(std::move(effect.why)); }

void LeadingRole::over(std::string why) {
  finish({.why = std::move(why), .designated = designated_});
}

void LeadingRole::retire_port() {
  metrics_.leading_since_ms.store(-1);
  metrics_.note(LeaderCounts{});
  metrics_.synced_observers.store(-1);
  if (learners_.has_value()) learners_->retire();
}

}  // namespace okapi
