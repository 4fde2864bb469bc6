#include "server/peer/serving_term.h"

namespace okapi {

ServingTerm::ServingTerm(const PeerSite& site, Bell& bell) : site_(site) {
  ends.attach(bell);
  confirmed_.attach(bell);
}

void ServingTerm::begin(Role role, Zxid last, TermParticulars particulars) {
  OKAPI_ASSERT(!begun_);
  begun_ = true;
  RolePipeline::Begin begin{.role = role,
                            .server = site_.self(),
                            .last = last,
                            .membership = std::move(particulars.membership)};
  // Compat: a standalone server's sessions carry id 1 whatever its myid (client-protocol 2.5).
  if (role == Role::kStandalone) begin.server = ServerId(1);
  if (role == Role::kLeader) {
    auto orphans = site_.store.orphans();
    site_.must(orphans.ok() ? Status() : orphans.error());
    begin.orphans = std::move(*orphans);
  }
  const RolePlan& plan = role_plan(role);
  for_clients_ = role != Role::kLeader || site_.config.quorum.sync.leader_serves;
  if (for_clients_) doors_ = site_.doors;
  RolePipeline::Tokens tokens;
  if (!is_read_only(plan)) tokens = site_.store.hand_out();
  pipeline_ = std::make_unique<RolePipeline>(
      RolePipeline::Parts{site_.env, site_.config, site_.registry, site_.database, site_.leases,
                          site_.watches, site_.home_of, doors_, site_.admin, site_.snapshots},
      begin, std::move(tokens), ends);
  if (for_clients_) {
    site_.admin_terms.post(AdminTermBegins{plan.name, plan.peer_state, particulars.proposals,
                                           &pipeline_->tracker().mail, is_read_only(plan),
                                           particulars.observer_master});
  }
  site_.on_serving(*pipeline_);
}

void ServingTerm::end(MonoTime until) {
  if (pipeline_ == nullptr) return;
  site_.on_ending();
  until_ = until;
  if (pipeline_->is_read_only()) return turn_away();
  ends.to_commit.add(CommitsEnd{&confirmed_});
  ends.to_commit.flush();
  missing_ = 1;
}

void ServingTerm::turn_away() {
  turning_away_ = true;
  if (!for_clients_) return;
  for (const WorkerDoor& door : doors_) door.terms->post(TermEnds{&confirmed_, until_});
  site_.admin_terms.post(AdminTermEnds{&confirmed_});
  missing_ = doors_.size() + 1;
}

bool ServingTerm::let_go() {
  inbox_.clear();
  confirmed_.drain(inbox_);
  OKAPI_ASSERT(inbox_.size() <= missing_);
  missing_ -= inbox_.size();
  if (missing_ > 0 || pipeline_ == nullptr || turning_away_) return missing_ == 0;
  turn_away();
  return missing_ == 0;
}

void ServingTerm::stop() {
  if (pipeline_ == nullptr) return;
  RolePipeline::Tokens tokens = pipeline_->stop();
  Status back = tokens.has_value() ? site_.store.take_back(std::move(*tokens)) : Status();
  pipeline_.reset();
  site_.must(back);
}

void ServingTerm::stop_at_once() {
  if (pipeline_ == nullptr) return;
  site_.on_ending();
  stop();
}

}  // namespace okapi
