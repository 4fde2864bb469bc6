// The stage that owns the server's role: it recovers the replica, elects, hosts the role that comes
// of it, takes that down when it is over, and elects again. Alone it has one role for good. With
// readonlymode.enabled an election that takes long is accompanied by a read-only term.
//
// Between two roles it waits for the disk and for other stages to retire, so then only its home
// thread takes its turn. In broadcast each message costs O(1) and nothing is waited for: anyone
// may.
#pragma once

#include <functional>
#include <memory>

#include "server/election/fast_leader_election.h"
#include "server/peer/config_keeper.h"
#include "server/peer/master_choice.h"
#include "server/peer/peer_site.h"
#include "server/peer/role.h"

namespace okapi {

class QuorumPeer final : public Stage {
 public:
  QuorumPeer(const PeerSite& site, std::function<void(const Recovered&)> on_recovered);

  // --- of an ensemble ---
  Mailbox<ElectionNews> news;  // of WorkerReceiver
  Sink<Ballot> ballots;        // to WorkerSender
  Sink<Standing> standings;    // to WorkerReceiver
  Sink<CnxPeers> peers;        // to QuorumCnx

  struct StopOrder {};
  Mailbox<StopOrder> orders;
  // In the step that carries out a StopOrder: the role has ended, and with it its links.
  std::function<void()> on_stopped;

  // Once, after it is enrolled; the first step follows.
  void begin(Bell& bell);
  void step(Turn& turn) override;
  // The node goes down: after this stage, and all that mail to a pipeline, have retired. What Sync
  // was given is on disk afterwards.
  void shut_down();

  // Any thread.
  RoleMetrics& metrics() { return metrics_; }

 private:
  enum class Phase {
    kBegin,
    kLooking,
    kElected,  // read-only clients are being turned away, then the role begins
    kRole,
    kDraining,  // nothing more is taken from clients; what they asked is answered
    kEnding,    // clients are being turned away
    kEnded,     // its stages are gone; its mail is still coming in
    kSettling,  // until nobody reads tree or files
    kStopped,
  };

  void recover();
  void load_member();
  void elect(MonoTime now);
  void look(MonoTime now);
  void take_news(MonoTime now);
  void take(Heard& mail, MonoTime now);
  void take(NewerConfig& mail, MonoTime now);
  void take(DisloyalVoter& mail, MonoTime now);
  void take(LinkNews& mail, MonoTime now);
  void act(ElectionEffects effects, MonoTime now);
  void serve_read_only(MonoTime now);
  void end_read_only(Turn& turn);
  void begin_role(PeerState state, const std::set<ServerId>& supporters);
  bool hand_over(const RoleEnd& end);
  void take_orders(MonoTime now);
  void run_role(Turn& turn);
  void drain(Turn& turn);
  void settle(Turn& turn);
  void tell_standing();
  void tell_outcome();
  // Those who walk tree and files for long (TreeLeases).
  void let_readers_in();
  void shut_readers_out();
  void note_configs();
  Candidacy candidacy() const;
  void flush();

  const PeerSite& site_;
  const std::function<void(const Recovered&)> on_recovered_;
  Bell* bell_ = nullptr;
  RoleMetrics metrics_;
  Phase phase_ = Phase::kBegin;
  std::unique_ptr<RoleTerm> role_;

  // Of an ensemble.
  std::optional<ConfigKeeper> configs_;
  std::optional<FastLeaderElection> election_;
  std::optional<MasterChoice> masters_;  // with observerMasterPort
  PeerState state_ = PeerState::kLooking;
  Vote vote_;                // the outcome of the last election
  Elected elected_;          // while kElected
  bool empty_data_ = false;  // Candidacy::empty_data
  bool suspect_ = false;     // the disk has lost what it may have promised: no vote
  bool renewed_ = false;     // the vote names the epoch that came of it
  Zxid committed_;           // certain to be committed
  bool readers_ = true;      // are let in
  MonoTime looking_since_{};
  int64_t told_round_ = 0;  // as WorkerReceiver knows it
  uint32_t term_ = 0;
  int roles_without_service_ = 0;
  std::optional<MonoTime> look_at_;  // a pause before the next election
  // While it looks for so long that clients are better served with what is here.
  std::optional<MonoTime> read_only_at_;
  std::unique_ptr<ServingTerm> read_only_;
  std::vector<ElectionNews> news_inbox_;
  std::vector<StopOrder> orders_inbox_;
};

}  // namespace okapi
