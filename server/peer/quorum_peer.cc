#include "server/peer/quorum_peer.h"

#include "server/election/election_options.h"
#include "server/peer/leading_role.h"
#include "server/peer/learning_role.h"
#include "server/peer/standalone_role.h"

namespace okapi {
namespace {

// Whoever fails again and again to join its leader does not press it.
constexpr Millis kRolePause{100};
constexpr int kQuickRoles = 2;
// An orderly stop answers what was asked for no longer than this.
constexpr Millis kDrainTime{1'000};
// Compat: an election that ends by then goes by without a read-only term (peer-protocol 3.5).
constexpr Millis kReadOnlyGrace{2'000};

std::string_view name_of(PeerState state) {
  switch (state) {
    case PeerState::kLooking:
      return "LOOKING";
    case PeerState::kFollowing:
      return "FOLLOWING";
    case PeerState::kLeading:
      return "LEADING";
    case PeerState::kObserving:
      return "OBSERVING";
  }
  assertion_failed("a state has a name", __FILE__, __LINE__);
}

}  // namespace

QuorumPeer::QuorumPeer(const PeerSite& site, std::function<void(const Recovered&)> on_recovered)
    : site_(site), on_recovered_(std::move(on_recovered)) {
  if (!site.config.quorum.is_distributed()) return;
  configs_.emplace(site.env.disk(), site.env.log(), site.config, site.env.machine().user_dir);
  election_.emplace(site.self(), election_times(site.config.quorum.election));
  if (site.config.quorum.sync.observer_master_port != 0) masters_.emplace(site.env.seed());
}

void QuorumPeer::begin(Bell& bell) {
  bell_ = &bell;
  news.attach(bell);
  orders.attach(bell);
  bell.ring(false);
}

void QuorumPeer::step(Turn& turn) {
  bool light = (phase_ == Phase::kRole || phase_ == Phase::kDraining) && role_->is_light();
  if (turn.borrowed() && !light) return turn.again();
  if (phase_ == Phase::kBegin) recover();
  if (election_.has_value()) take_news(turn.now());
  if (phase_ == Phase::kLooking) elect(turn.now());
  if (phase_ == Phase::kLooking) serve_read_only(turn.now());
  take_orders(turn.now());
  if (phase_ == Phase::kElected) end_read_only(turn);
  bool in_role = phase_ == Phase::kRole;
  if (in_role) run_role(turn);
  if (phase_ == Phase::kDraining) drain(turn);
  if (phase_ >= Phase::kEnding && phase_ != Phase::kStopped) settle(turn);
  if (phase_ == Phase::kLooking) {
    auto deadline = look_at_.has_value() ? look_at_ : election_->deadline();
    if (deadline.has_value()) turn.wake_at(*deadline);
    if (read_only_at_.has_value()) turn.wake_at(*read_only_at_);
  }
  if (phase_ == Phase::kRole && !in_role) turn.again();
  flush();
}

void QuorumPeer::elect(MonoTime now) {
  if (look_at_.has_value()) {
    if (now < *look_at_) return;
    look(now);
  }
  if (phase_ == Phase::kLooking) act(election_->on_tick(now), now);
}

void QuorumPeer::serve_read_only(MonoTime now) {
  if (!read_only_at_.has_value() || now < *read_only_at_) return;
  read_only_at_.reset();
  read_only_ = std::make_unique<ServingTerm>(site_, *bell_);
  read_only_->begin(Role::kReadOnly, site_.store.last_zxid());
  OKAPI_INFO(site_.env.log(), "Read-only server started");
}

// In two steps: mail to the ended term may be under way until the second.
void QuorumPeer::end_read_only(Turn& turn) {
  if (!read_only_->let_go()) return;
  if (!read_only_->stopped()) {
    read_only_->stop();
    return turn.again();
  }
  read_only_.reset();
  begin_role(elected_.state, elected_.supporters);
}

void QuorumPeer::recover() {
  if (election_.has_value()) {
    shut_readers_out();
    load_member();
    peers.add(configs_->peers());
    look(site_.env.clock().now());
    return;
  }
  auto recovered = site_.store.load();
  site_.must(recovered.ok() ? Status() : recovered.error());
  if (recovered->kind == Recovered::Kind::kUntrustedEmpty) {
    site_.must(untrusted_empty_refusal(site_.data_dir));
  }
  site_.must(site_.store.remove_orphans());
  auto role = std::make_unique<StandaloneRole>(site_, *bell_, metrics_);
  // Compat: a start that replayed something is followed by a snapshot (storage spec 4.4).
  if (recovered->txns_replayed > 0) role->take_snapshot(recovered->last);
  role_ = std::move(role);
  phase_ = Phase::kRole;
  on_recovered_(*recovered);
}

// A member with a damaged history goes on with an empty one and without a vote (safety 4.3).
void QuorumPeer::load_member() {
  auto recovered = site_.store.load();
  if (!recovered.ok() && recovered.error().kind == ErrorKind::kCorrupt) {
    OKAPI_ERROR(site_.env.log(), "{}: the history is set aside and asked for anew",
                recovered.error().text);
    recovered = site_.store.wipe();
    suspect_ = true;
  }
  site_.must(recovered.ok() ? Status() : recovered.error());
  site_.must(site_.store.load_epochs());
  empty_data_ = recovered->last == Zxid() && site_.store.current_epoch() == Epoch(0) &&
                !recovered->marked_new && !site_.config.storage.empty_data_votes;
  on_recovered_(*recovered);
}

Candidacy QuorumPeer::candidacy() const {
  Candidacy out;
  out.participant = !configs_->observes();
  out.last_logged = suspect_ ? kSuspectZxid : site_.store.last_zxid();
  out.current_epoch = site_.store.current_epoch();
  out.empty_data = empty_data_;
  return out;
}

void QuorumPeer::look(MonoTime now) {
  OKAPI_ASSERT(role_ == nullptr && site_.store.at_rest());
  look_at_.reset();
  phase_ = Phase::kLooking;
  state_ = PeerState::kLooking;
  OKAPI_INFO(site_.env.log(), "LOOKING, at zxid 0x{:x} of epoch 0x{:x}",
             site_.store.last_zxid().value(), site_.store.current_epoch().value());
  metrics_.looking.add();
  looking_since_ = now;
  // The receiver knows before anybody hears of this election.
  tell_standing();
  if (site_.config.request.read_only_mode_enabled && read_only_ == nullptr) {
    read_only_at_ = now + std::max<Nanos>(kReadOnlyGrace, site_.ticks(1));
  }
  act(election_->start_looking(candidacy(), configs_->configs(), now), now);
}

void QuorumPeer::take_news(MonoTime now) {
  news_inbox_.clear();
  if (!news.drain(news_inbox_)) return;
  for (ElectionNews& item : news_inbox_) {
    std::visit([&](auto& kind) { take(kind, now); }, item);
  }
}

void QuorumPeer::take(Heard& mail, MonoTime now) {
  if (phase_ == Phase::kLooking) act(election_->on_notification(mail.from, mail.message, now), now);
}

void QuorumPeer::take(NewerConfig& mail, MonoTime now) {
  if (phase_ != Phase::kLooking) return;
  if (!site_.config.request.reconfig_enabled) return;
  const bool observed = configs_->observes();
  configs_->activate(mail.config);
  note_configs();
  if (configs_->observes() != observed) return look(now);
  act(election_->on_configs(configs_->configs(), now), now);
}

void QuorumPeer::take(DisloyalVoter& mail, MonoTime now) {
  if (state_ != PeerState::kLeading || phase_ != Phase::kRole) return;
  static_cast<LeadingRole&>(*role_).voter_looks(mail.sid, now);
}

void QuorumPeer::take(LinkNews& mail, MonoTime now) {
  election_->on_link(mail.sid, mail.up, now);
  if (!mail.up && role_ != nullptr) role_->member_gone(mail.sid);
}

void QuorumPeer::act(ElectionEffects effects, MonoTime now) {
  for (Ballot& ballot : effects.send) ballots.add(std::move(ballot));
  if (phase_ != Phase::kLooking) return;
  if (effects.elected.has_value()) {
    vote_ = effects.elected->vote;
    OKAPI_INFO(site_.env.log(), "server {} was elected in round {}, at zxid 0x{:x}",
               vote_.leader.value(), vote_.round, vote_.zxid.value());
    metrics_.election_ms.record(to_ms(site_.env.clock().now() - looking_since_));
    read_only_at_.reset();
    elected_ = std::move(*effects.elected);
    if (read_only_ == nullptr) return begin_role(elected_.state, elected_.supporters);
    // Who asks meanwhile is told the outcome.
    state_ = elected_.state;
    phase_ = Phase::kElected;
    tell_standing();
    read_only_->end(now);
  } else if (election_->round() != told_round_) {
    tell_standing();
  }
}

// Under vote_.
void QuorumPeer::begin_role(PeerState state, const std::set<ServerId>& supporters) {
  state_ = state;
  phase_ = Phase::kRole;
  renewed_ = false;
  OKAPI_INFO(site_.env.log(), "{}, with server {} as leader", name_of(state_),
             vote_.leader.value());
  tell_standing();
  tell_outcome();
  // A learner's tree and files are not read before they are what they should be.
  if (state_ == PeerState::kLeading) {
    let_readers_in();
    role_ = std::make_unique<LeadingRole>(site_, *bell_, *configs_, metrics_,
                                          LeadingOptions{++term_, supporters});
  } else {
    LearningOptions options{vote_.leader, state_ == PeerState::kObserving, committed_, ++term_};
    if (options.observer && masters_.has_value()) {
      options.master = masters_->next(*configs_->current(), options.leader);
    }
    role_ = std::make_unique<LearningRole>(site_, *bell_, *configs_, metrics_, options);
  }
}

void QuorumPeer::run_role(Turn& turn) {
  role_->step(turn);
  if (!election_.has_value()) return;
  note_configs();
  if (role_->served() && !renewed_) {
    // Compat: the vote names the epoch that came of it, for those who look later (spec 2.5).
    renewed_ = true;
    vote_.peer_epoch = site_.store.current_epoch();
    let_readers_in();
    tell_standing();
    tell_outcome();
  }
  if (!role_->over().has_value()) return;
  OKAPI_WARN(site_.env.log(), "{} ends: {}", name_of(state_), role_->over()->why);
  role_->end(turn.now());
  phase_ = Phase::kEnding;
  tell_standing();
}

void QuorumPeer::take_orders(MonoTime now) {
  orders_inbox_.clear();
  if (!orders.drain(orders_inbox_)) return;
  if (phase_ == Phase::kRole && role_->served()) {
    role_->end(now + kDrainTime);
    phase_ = Phase::kDraining;
    if (election_.has_value()) tell_standing();
  } else if (phase_ < Phase::kDraining) {
    phase_ = Phase::kStopped;
    on_stopped();
  }
}

// A leader that goes in order leaves followers that all have its last writes: they lose no more
// time than an election takes.
void QuorumPeer::drain(Turn& turn) {
  role_->step(turn);
  if (!role_->let_go()) return;
  if (turn.borrowed()) return turn.again();
  role_->stop();
  phase_ = Phase::kStopped;
  on_stopped();
}

// From the end of a role to the next election; only at home.
void QuorumPeer::settle(Turn& turn) {
  if (turn.borrowed()) return turn.again();
  if (phase_ == Phase::kEnding) {
    if (!role_->let_go()) return;
    // Before what is logged and not committed joins the history in memory.
    committed_ = std::max(committed_, role_->last_committed());
    role_->stop();
    phase_ = Phase::kEnded;
    return turn.again();
  }
  if (phase_ == Phase::kEnded) {
    shut_readers_out();
    phase_ = Phase::kSettling;
  }
  if (!site_.leases.all_home()) return;
  RoleEnd end = *role_->over();
  bool served = role_->served();
  role_.reset();
  if (end.wipe) {
    suspect_ = true;
    auto wiped = site_.store.wipe();
    site_.must(wiped.ok() ? Status() : wiped.error());
  } else if (end.reload) {
    load_member();
  }
  if (served) suspect_ = false;
  // Whoever acknowledged a leader's history has it, whether it served or not.
  if (site_.store.current_epoch() != Epoch(0)) empty_data_ = false;
  roles_without_service_ = served ? 0 : roles_without_service_ + 1;
  if (hand_over(end)) return;
  if (roles_without_service_ <= kQuickRoles) return look(turn.now());
  phase_ = Phase::kLooking;
  state_ = PeerState::kLooking;
  look_at_ = turn.now() + kRolePause;
}

// From a role that a reconfig ended straight to the next one, which it named (spec 6.7). False:
// there has to be an election.
bool QuorumPeer::hand_over(const RoleEnd& end) {
  if (!end.designated.has_value() || suspect_) return false;
  const ServerId leader = *end.designated, self = site_.self();
  // Compat: whoever is in the configuration no more follows on, without a vote.
  PeerState state = configs_->observes() ? PeerState::kObserving : PeerState::kFollowing;
  if (leader == self) state = PeerState::kLeading;
  if (leader == self && !configs_->current()->is_voter(self)) return false;
  if (leader != vote_.leader) {
    // Compat: no election made this vote.
    vote_ = {leader, Zxid(configs_->current()->version()), -1, Epoch(-1)};
  }
  OKAPI_INFO(site_.env.log(), "server {} was designated by a reconfiguration", leader.value());
  begin_role(state, {});
  return true;
}

void QuorumPeer::let_readers_in() {
  if (!std::exchange(readers_, true)) site_.leases.allow();
}

void QuorumPeer::shut_readers_out() {
  if (std::exchange(readers_, false)) site_.leases.recall(bell_);
}

void QuorumPeer::note_configs() {
  if (!configs_->take_changed()) return;
  peers.add(configs_->peers());
  if (auto moved = configs_->take_client_address()) site_.on_client_address(*moved);
  tell_standing();
}

void QuorumPeer::tell_standing() {
  told_round_ = election_->round();
  standings.add(Standing{.state = state_,
                         .silent = phase_ >= Phase::kDraining,
                         .vote = vote_,
                         .round = election_->round(),
                         .configs = configs_->configs()});
}

// A voter's last word in the election would be said again to a peer that connects later, when it is
// no longer true: whoever begins with an empty disk relies on it (EmptyDataRule).
void QuorumPeer::tell_outcome() {
  if (state_ == PeerState::kObserving) return;
  Ballot outcome{.to = {}, .state = state_, .vote = vote_, .config = configs_->current()};
  for (ServerId sid : outcome.config->voters()) {
    if (sid != site_.self()) outcome.to.push_back(sid);
  }
  if (!outcome.to.empty()) ballots.add(std::move(outcome));
}

void QuorumPeer::flush() {
  peers.flush();
  standings.flush();
  ballots.flush();
}

void QuorumPeer::shut_down() {
  if (role_ != nullptr && phase_ <= Phase::kEnding) role_->stop_at_once();
  if (read_only_ != nullptr) read_only_->stop_at_once();
}

}  // namespace okapi
