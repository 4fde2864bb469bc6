#include "server/assembly/election_wiring.h"

#include "server/election/election_options.h"

namespace okapi {

ElectionWiring::ElectionWiring(Env& env, const ServerConfig& config, const QuorumServer& own)
    : env_(env),
      poller_(env.net().make_poller(PollerKind::kGeneral)),
      cnx_(env, *poller_, quorum_cnx_options(config, own)),
      receiver_(env.log(), own.sid, config.quorum.rules()) {}

void ElectionWiring::connect(QuorumPeer& peer, const HomeOf& home_of) {
  Scheduler& scheduler = env_.scheduler();
  StageOptions home = home_of("QuorumCnx");
  home.poller = poller_.get();
  Bell& cnx = scheduler.enroll(cnx_, home);
  cnx_.attach(cnx);
  receiver_.attach(scheduler.enroll(receiver_, home_of("WorkerReceiver")));
  sender_.ballots.attach(scheduler.enroll(sender_, home_of("WorkerSender")));
  cnx_.incoming = Sink<IncomingFrame>(receiver_.frames);
  cnx_.links = Sink<ElectionNews>(peer.news);
  receiver_.news = Sink<ElectionNews>(peer.news);
  receiver_.answers = Sink<Ballot>(sender_.ballots);
  sender_.frames = Sink<OutgoingFrame>(cnx_.outgoing);
  peer.ballots = Sink<Ballot>(sender_.ballots);
  peer.standings = Sink<Standing>(receiver_.standings);
  peer.peers = Sink<CnxPeers>(cnx_.peers);
}

void ElectionWiring::retire() {
  Scheduler& scheduler = env_.scheduler();
  scheduler.retire(cnx_);
  scheduler.retire(receiver_);
  scheduler.retire(sender_);
}

}  // namespace okapi
