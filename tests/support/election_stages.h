// The stages of an election port joined as a server joins them, around the smallest QuorumPeer that
// there is: it looks for a leader, and looks again when it is told to. For tests over the simulated
// net and for the probe that meets Java servers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/env/env.h"
#include "server/election/fast_leader_election.h"
#include "server/election/quorum_cnx_manager.h"
#include "server/election/worker_receiver.h"
#include "server/election/worker_sender.h"

namespace okapi {

struct LookAgain {};

class MiniPeer final : public Stage {
 public:
  MiniPeer(Env& env, ServerId self, const Candidacy& candidacy, SharedQuorumConfig config)
      : env_(env),
        self_(self),
        candidacy_(candidacy),
        configs_{std::move(config), nullptr},
        election_(self, {}) {}

  Mailbox<ElectionNews> news;
  Mailbox<LookAgain> orders;
  Sink<Ballot> ballots;
  Sink<Standing> standings;
  // Called in the step that ends an election.
  std::function<void(const Elected&)> on_elected = [](const Elected&) {};

  void step(Turn& turn) override {
    std::vector<LookAgain> orders_inbox;
    if (orders.drain(orders_inbox)) {
      state_ = PeerState::kLooking;
      act(election_.start_looking(candidacy_, configs_, turn.now()));
    }
    std::vector<ElectionNews> inbox;
    news.drain(inbox);
    for (ElectionNews& item : inbox) take(item, turn.now());
    act(election_.on_tick(turn.now()));
    if (auto deadline = election_.deadline()) turn.wake_at(*deadline);
    standings.add(
        Standing{.state = state_, .vote = vote_, .round = election_.round(), .configs = configs_});
    standings.flush();
    ballots.flush();
  }

  // In the simulator, between steps.
  PeerState state() const { return state_; }
  const Vote& vote() const { return vote_; }

 private:
  void take(ElectionNews& item, MonoTime now) {
    if (auto* heard = std::get_if<Heard>(&item)) {
      act(election_.on_notification(heard->from, heard->message, now));
    } else if (auto* newer = std::get_if<NewerConfig>(&item)) {
      configs_.current = newer->config;
      act(election_.on_configs(configs_, now));
    } else if (auto* link = std::get_if<LinkNews>(&item)) {
      election_.on_link(link->sid, link->up, now);
    }
  }
  void act(ElectionEffects effects) {
    for (Ballot& ballot : effects.send) ballots.add(std::move(ballot));
    if (!effects.elected) return;
    state_ = effects.elected->state;
    vote_ = effects.elected->vote;
    OKAPI_INFO(env_.log(), "server {} elects {}", self_.value(), vote_.leader.value());
    on_elected(*effects.elected);
  }

  Env& env_;
  const ServerId self_;
  const Candidacy candidacy_;
  ElectionConfigs configs_;
  FastLeaderElection election_;
  PeerState state_ = PeerState::kLooking;
  Vote vote_;
};

// Where a configuration has the others' election ports.
inline CnxPeers peers_of(const QuorumConfig& config, ServerId self) {
  CnxPeers peers;
  for (const auto& [sid, member] : config.members()) {
    if (sid == self) continue;
    for (const PeerAddress& at : member.addresses) {
      peers.addresses[sid].push_back({at.host, at.election_port});
    }
  }
  return peers;
}

class ElectionStages {
 public:
  ElectionStages(Env& env, const QuorumCnxOptions& options, const Candidacy& candidacy,
                 const SharedQuorumConfig& config)
      : env_(env),
        poller_(env.net().make_poller(PollerKind::kGeneral)),
        cnx(env, *poller_, options),
        receiver(env.log(), options.self, {}),
        peer(env, options.self, candidacy, config) {
    Scheduler& scheduler = env.scheduler();
    std::string id = std::to_string(options.self.value());
    auto enroll = [&](Stage& stage, const std::string& home, Lending lending, Poller* poller) {
      return &scheduler.enroll(stage, {.home = home + id, .lending = lending, .poller = poller});
    };
    cnx.attach(*enroll(cnx, "QuorumCnx:", Lending::kHomeOnly, poller_.get()));
    receiver.attach(*enroll(receiver, "WorkerRecv:", Lending::kAnyone, nullptr));
    sender.ballots.attach(*enroll(sender, "WorkerSend:", Lending::kAnyone, nullptr));
    Bell* bell = enroll(peer, "QuorumPeer:", Lending::kAnyone, nullptr);
    peer.news.attach(*bell);
    peer.orders.attach(*bell);
    cnx.incoming = Sink<IncomingFrame>(receiver.frames);
    cnx.links = Sink<ElectionNews>(peer.news);
    receiver.news = Sink<ElectionNews>(peer.news);
    receiver.answers = Sink<Ballot>(sender.ballots);
    sender.frames = Sink<OutgoingFrame>(cnx.outgoing);
    peer.ballots = Sink<Ballot>(sender.ballots);
    peer.standings = Sink<Standing>(receiver.standings);
    cnx.peers.post(peers_of(*config, options.self));
  }
  ~ElectionStages() {
    for (Stage* stage : std::initializer_list<Stage*>{&cnx, &receiver, &peer, &sender}) {
      env_.scheduler().retire(*stage);
    }
  }
  void look() { peer.orders.post(LookAgain{}); }

 private:
  Env& env_;
  std::unique_ptr<Poller> poller_;

 public:
  QuorumCnxManager cnx;
  WorkerSender sender;
  WorkerReceiver receiver;
  MiniPeer peer;
};

}  // namespace okapi
