#include "server/peer/learner_port.h"

#include <algorithm>

#include "server/storage/log_files.h"

namespace okapi {

LearnerPort::LearnerPort(const PeerSite& site, Bell& bell, const LearnerAcceptorOptions& options)
    : site_(site) {
  mail.attach(bell);
  acceptor_ = std::make_unique<LearnerAcceptor>(
      LearnerSources{site.env, site.database, site.leases}, options, mail);
  StageOptions home = site.home_of("LearnerAcceptor");
  home.poller = acceptor_->poller();
  acceptor_->begin(site.env.scheduler().enroll(*acceptor_, home));
}

void LearnerPort::open(LinkUp& up) {
  Link& link = links_[up.link];
  link.door = std::move(up.door);
  link.orders = Sink<HandlerOrder>(*link.door);
}

void LearnerPort::order(LinkId link, HandlerOrder what) {
  auto found = links_.find(link);
  if (found != links_.end()) found->second.orders.add(std::move(what));
}

void LearnerPort::flush() {
  for (auto& [id, link] : links_) link.orders.flush();
}

void LearnerPort::retire() {
  if (acceptor_ == nullptr) return;
  site_.env.scheduler().retire(*acceptor_);
  acceptor_.reset();
}

std::optional<Zxid> log_for_learners(const PeerSite& site) {
  if (site.config.storage.snapshot_size_factor < 0) return std::nullopt;
  auto logs = list_logs(site.env.disk(), site.data_dir.logs());
  // A log that cannot be listed is not used. One that is not there yet will begin here.
  if (!logs.ok()) return std::nullopt;
  return logs->empty() ? site.store.last_zxid() : logs->front().zxid;
}

}  // namespace okapi
