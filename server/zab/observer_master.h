// A follower's service to observers: it brings them to its history, tells them what the leader
// commits, and hands their requests and questions on to the leader as its own (peer-protocol spec
// 12). A part of QuorumPeer beside Learner, for as long as that serves: one thread, no socket, no
// clock, no disk. What is to be done comes out as effects, at the end of `out`.
#pragma once

#include <optional>
#include <string>

#include "server/database/committed_log.h"
#include "server/zab/learner_links.h"

namespace okapi {

struct ObserverMasterOptions {
  Epoch epoch;     // the leader's
  Zxid last_zxid;  // end of the history that tree and CommittedLog have at the start
  LearnerLimits limits = {};
  bool force_snap = false;  // forceSnapshotSync
  // The log on disk has every record from here on; empty if it is not to be used for learners.
  std::optional<Zxid> log_from = {};
  SyncBounds syncs = {};
  // Syncs and revalidations of all observers that the leader has not answered; past it the link of
  // the next one ends.
  size_t questions_max = 100'000;
};

using ObserverMasterEffect = std::variant<SendTo, CloseLink, StreamLog, StreamSnapshot,
                                          ForwardToPrep, AskSession, TouchSessions>;
using ObserverMasterEffects = std::vector<ObserverMasterEffect>;

class ObserverMaster {
 public:
  // `committed`: Learner adds to it, before committed() is called.
  ObserverMaster(const ObserverMasterOptions& options, SharedQuorumConfig config,
                 const CommittedLog& committed);

  // --- from the observers' links; as of Leader ---
  void connected(LinkId link, MonoTime now, ObserverMasterEffects& out);
  void received(LinkId link, const QuorumPacket& packet, MonoTime now, ObserverMasterEffects& out);
  void disconnected(LinkId link);
  void log_sent(LinkId link, const CommittedWalk& walk, MonoTime now, ObserverMasterEffects& out);
  void log_unusable(LinkId link, MonoTime now, ObserverMasterEffects& out);
  void snapshot_sent(LinkId link, Zxid stamp, MonoTime now, ObserverMasterEffects& out);

  // --- from the leader ---
  // `designated`: by a reconfig that is active from here on.
  void committed(const EncodedTxn& txn, std::optional<ServerId> designated, MonoTime now,
                 ObserverMasterEffects& out);
  // Named to all that come later.
  void activated(SharedQuorumConfig config) { config_ = std::move(config); }
  // The answers to what came from this link: to a sync, behind what was committed before it; to a
  // REVALIDATE.
  void sync_done(LinkId link, ObserverMasterEffects& out);
  void revalidated(LinkId link, SessionId session, bool valid, ObserverMasterEffects& out);

  // Every tickTime / 2: pings, late observers.
  void tick(MonoTime now, ObserverMasterEffects& out);
  // Observers that are served, and were heard of within syncLimit.
  int64_t synced(MonoTime now) const;

 private:
  using Phase = LearnerProgress::Phase;
  using Why = std::optional<std::string>;  // the link must end

  Why take(LinkId id, LearnerProgress& link, const QuorumPacket& packet, MonoTime now,
           ObserverMasterEffects& out);
  Why take_info(LinkId id, LearnerProgress& link, const QuorumPacket& packet, MonoTime now,
                ObserverMasterEffects& out);
  Why take_ack_epoch(LinkId id, LearnerProgress& link, const QuorumPacket& packet, MonoTime now,
                     ObserverMasterEffects& out);
  Why take_ack(LinkId id, LearnerProgress& link, Zxid zxid, MonoTime now,
               ObserverMasterEffects& out);
  Why take_message(LinkId id, const LearnerProgress& link, const QuorumPacket& packet,
                   ObserverMasterEffects& out);
  void close(LinkId id, const std::string& why, ObserverMasterEffects& out);

  void begin_sync(LinkId id, LearnerProgress& link, bool force_snap, MonoTime now,
                  ObserverMasterEffects& out);
  void resume_sync(LinkId id, Zxid reached, MonoTime now, ObserverMasterEffects& out);
  void carry_out(LinkId id, LearnerProgress& link, const SyncPlan& plan, MonoTime now,
                 ObserverMasterEffects& out);
  void begin_awaited_syncs(MonoTime now, ObserverMasterEffects& out);

  Zxid marker() const { return Zxid::make(options_.epoch, 0); }
  Zxid last_txn() const;
  Zxid last_processed() const;
  bool is_ahead(const LearnerProgress& link) const;

  const ObserverMasterOptions options_;
  SharedQuorumConfig config_;
  const CommittedLog& committed_;
  LearnerLinks links_;
  size_t questions_ = 0;  // that the leader has not answered
};

}  // namespace okapi
