#include "server/peer/observer_port.h"

#include <spdlog/fmt/fmt.h>

#include "server/peer/port_options.h"
#include "server/request/prep_mail.h"

namespace okapi {
namespace {

ObserverMasterOptions master_options(const PeerSite& site, Epoch epoch) {
  const QuorumSettings& quorum = site.config.quorum;
  ObserverMasterOptions out;
  out.epoch = epoch;
  out.last_zxid = site.store.last_zxid();
  out.limits.init_limit = site.ticks(quorum.init_limit_ticks);
  out.limits.sync_limit = site.ticks(quorum.sync_limit_ticks);
  out.force_snap = quorum.sync.force_snapshot;
  out.log_from = log_for_learners(site);
  out.syncs = sync_bounds(quorum.sync);
  return out;
}

}  // namespace

ObserverPort::ObserverPort(const PeerSite& site, Bell& bell, RoleMetrics& metrics,
                           const QuorumServer& own, Learner& learner, LearnerEffects& out,
                           uint32_t term)
    : site_(site),
      metrics_(metrics),
      learner_(learner),
      out_(out),
      now_(site.env.clock().now()),
      next_tick_(now_),
      master_(master_options(site, learner.epoch()), learner.config(),
              site.database.committed_log()),
      port_(site, bell,
            learner_acceptor_options(site.config, with_observer_port(site.config, own),
                                     site.data_dir, term)) {}

void ObserverPort::step(Turn& turn) {
  now_ = turn.now();
  inbox_.clear();
  port_.mail.drain(inbox_);
  for (LearnerMail& mail : inbox_) {
    std::visit([&](auto& kind) { take(kind); }, mail);
    run();
  }
  inbox_.clear();  // what was dealt with is no charge on its link any more
  if (now_ >= next_tick_) {
    next_tick_ = now_ + site_.ticks(1) / 2;
    master_.tick(now_, effects_);
    run();
  }
  turn.wake_at(next_tick_);
  metrics_.synced_observers.store(master_.synced(now_));
}

void ObserverPort::take(LinkUp& mail) {
  port_.open(mail);
  OKAPI_INFO(site_.env.log(), "observer /{}:{} is connected", mail.peer.ip, mail.peer.port);
  master_.connected(mail.link, now_, effects_);
}

void ObserverPort::take(PacketsIn& mail) {
  PacketWalk walk(mail.batch);
  while (auto packet = walk.next()) {
    master_.received(mail.link, *packet, now_, effects_);
    run();
  }
}

void ObserverPort::take(LinkDown& mail) {
  OKAPI_INFO(site_.env.log(), "{}", mail.why);
  port_.down(mail.link);
  master_.disconnected(mail.link);
}

void ObserverPort::take(LogSent& mail) { master_.log_sent(mail.link, mail.walk, now_, effects_); }

void ObserverPort::take(LogUnusable& mail) { master_.log_unusable(mail.link, now_, effects_); }

void ObserverPort::take(SnapshotSent& mail) {
  master_.snapshot_sent(mail.link, mail.stamp, now_, effects_);
}

void ObserverPort::committed(const CommitTxn& commit) {
  master_.committed(commit.txn, commit.designated, now_, effects_);
  run();
}

void ObserverPort::relay(const RelaySync& effect) {
  master_.sync_done(effect.link, effects_);
  run();
}

void ObserverPort::relay(const RelaySession& effect) {
  master_.revalidated(effect.link, effect.answer.session, effect.answer.valid, effects_);
  run();
}

// Effects of the ObserverMaster, in its order.
void ObserverPort::run() {
  for (ObserverMasterEffect& effect : effects_) {
    std::visit([&](auto& kind) { carry_out(kind); }, effect);
  }
  effects_.clear();
}

void ObserverPort::carry_out(SendTo& effect) { port_.order(effect.link, std::move(effect)); }

void ObserverPort::carry_out(CloseLink& effect) {
  OKAPI_WARN(site_.env.log(), "closing the link of an observer: {}", effect.why);
  port_.order(effect.link, std::move(effect));
}

void ObserverPort::carry_out(StreamLog& effect) { port_.order(effect.link, std::move(effect)); }

void ObserverPort::carry_out(StreamSnapshot& effect) {
  metrics_.snap_syncs.add();
  port_.order(effect.link, effect);
}

void ObserverPort::carry_out(ForwardToPrep& effect) {
  // The leader would end our own link for it.
  if (!is_forwarded(effect.op)) {
    CloseLink close{effect.link, fmt::format("forwards a request of type {}", effect.op)};
    return carry_out(close);
  }
  learner_.request({effect.session, effect.cxid, effect.op, effect.body}, effect.identities, out_,
                   effect.link);
}

void ObserverPort::carry_out(AskSession& effect) {
  learner_.revalidate(effect.question, out_, effect.link);
}

void ObserverPort::carry_out(TouchSessions& effect) { learner_.touched(effect.touches); }

}  // namespace okapi
