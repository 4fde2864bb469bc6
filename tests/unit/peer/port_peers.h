// The smallest QuorumPeers that there are: one leads, the others follow, with a real Leader and
// Learner, a real replica and the stages of the quorum port between them.
#pragma once

#include "server/zab/leader.h"
#include "server/zab/learner.h"
#include "tests/unit/peer/port_world.h"
#include "tests/unit/zab/support.h"

namespace okapi {

struct Propose {
  size_t bytes = 10;
};

constexpr Millis kPeerTick{50};

class LeadingPeer final : public Stage {
 public:
  LeadingPeer(Replica& replica, const SharedQuorumConfig& config, MonoTime now)
      : replica_(replica) {
    LeaderOptions options;
    options.self = ServerId(1);
    options.accepted = replica.store->accepted_epoch();
    options.current = replica.store->current_epoch();
    options.last_zxid = replica.store->last_zxid();
    options.limits = {Millis(5'000), Millis(2'000)};
    options.log_from = Zxid::make(Epoch(1), 1);
    leader_.emplace(options, config, nullptr, replica.database.committed_log(), now);
  }
  Mailbox<LearnerMail> box;
  Mailbox<Propose> wishes;
  bool over = false;
  std::vector<std::string> ended;
  int logs = 0, snapshots = 0;

  void step(Turn& turn) override {
    if (over) return;
    now_ = turn.now();
    LeaderEffects out;
    if (!std::exchange(begun_, true)) leader_->begin(now_, out);
    run(out);
    std::vector<LearnerMail> inbox;
    box.drain(inbox);
    for (LearnerMail& mail : inbox) take(mail);
    std::vector<Propose> asked;
    wishes.drain(asked);
    for (const Propose& one : asked) propose(one.bytes);
    if (now_ >= next_tick_) {
      next_tick_ = now_ + kPeerTick;
      out.clear();
      leader_->tick(now_, out);
      run(out);
    }
    log_all();
    turn.wake_at(next_tick_);
  }
  bool serving() const { return leader_->serving(); }

 private:
  void take(LearnerMail& mail) {
    LeaderEffects out;
    if (auto* up = std::get_if<LinkUp>(&mail)) {
      doors_[up->link] = up->door;
      leader_->connected(up->link, now_, out);
    } else if (auto* packets = std::get_if<PacketsIn>(&mail)) {
      PacketWalk walk(packets->batch);
      while (auto packet = walk.next()) leader_->received(packets->link, *packet, now_, out);
    } else if (auto* down = std::get_if<LinkDown>(&mail)) {
      doors_.erase(down->link);
      ended.push_back(down->why);
      leader_->disconnected(down->link);
    } else if (auto* log = std::get_if<LogSent>(&mail)) {
      ++logs;
      leader_->log_sent(log->link, log->walk, now_, out);
    } else if (auto* unusable = std::get_if<LogUnusable>(&mail)) {
      leader_->log_unusable(unusable->link, now_, out);
    } else if (auto* snapshot = std::get_if<SnapshotSent>(&mail)) {
      ++snapshots;
      leader_->snapshot_sent(snapshot->link, snapshot->stamp, now_, out);
    }
    run(out);
  }
  void propose(size_t bytes) {
    if (!serving()) return;
    Zxid zxid = leader_->last_proposed().next();
    LeaderEffects out;
    leader_->propose(create_txn(zxid, "/n" + std::to_string(zxid.value()), std::string(bytes, 'p')),
                     now_, out);
    run(out);
  }
  void log_all() {
    if (last_logged_ == Zxid()) return;
    REQUIRE(replica_.store->sync_log().ok());
    LeaderEffects out;
    leader_->logged(std::exchange(last_logged_, Zxid()), out);
    run(out);
  }
  void run(LeaderEffects& effects) {
    for (LeaderEffect& effect : effects) {
      if (auto* accepted = std::get_if<PersistAcceptedEpoch>(&effect)) {
        REQUIRE(replica_.store->set_accepted_epoch(accepted->epoch).ok());
      } else if (auto* current = std::get_if<PersistCurrentEpoch>(&effect)) {
        REQUIRE(replica_.store->set_current_epoch(current->epoch).ok());
      } else if (auto* log = std::get_if<LogTxn>(&effect)) {
        replica_.store->append(log->txn);
        last_logged_ = log->txn.zxid;
      } else if (auto* commit = std::get_if<CommitTxn>(&effect)) {
        REQUIRE(replica_.store->apply(commit->txn).ok());
      } else if (auto* send = std::get_if<SendTo>(&effect)) {
        order(send->link, std::move(*send));
      } else if (auto* closed = std::get_if<CloseLink>(&effect)) {
        order(closed->link, std::move(*closed));
      } else if (auto* stream = std::get_if<StreamLog>(&effect)) {
        order(stream->link, std::move(*stream));
      } else if (auto* tree = std::get_if<StreamSnapshot>(&effect)) {
        order(tree->link, *tree);
      } else if (std::holds_alternative<StepDown>(effect)) {
        over = true;
      }
    }
  }
  void order(LinkId link, HandlerOrder what) {
    if (auto door = doors_.find(link); door != doors_.end()) door->second->post(std::move(what));
  }

  Replica& replica_;
  std::optional<Leader> leader_;
  std::map<LinkId, LearnerDoor> doors_;
  MonoTime now_{}, next_tick_{};
  bool begun_ = false;
  Zxid last_logged_;
};

class FollowingPeer final : public Stage {
 public:
  FollowingPeer(Replica& replica, ServerId self, const SharedQuorumConfig& config)
      : replica_(replica) {
    options_.self = self;
    options_.leader = ServerId(1);
    options_.accepted = replica.store->accepted_epoch();
    options_.current = replica.store->current_epoch();
    options_.last_zxid = replica.store->last_zxid();
    options_.config = config;
    options_.init_limit = Millis(5'000);
    options_.sync_limit = Millis(2'000);
  }
  Mailbox<LeaderLinkMail> box;
  Mailbox<LeaderLinkOrder>* link = nullptr;
  std::vector<std::string> ended;

  void step(Turn& turn) override {
    now_ = turn.now();
    std::vector<LeaderLinkMail> inbox;
    box.drain(inbox);
    for (LeaderLinkMail& mail : inbox) take(mail);
    if (!learner_) return;
    LearnerEffects out;
    learner_->tick(now_, out);
    run(out);
    if (last_logged_ != Zxid()) {
      REQUIRE(replica_.store->sync_log().ok());
      out.clear();
      learner_->logged(std::exchange(last_logged_, Zxid()), out);
      run(out);
    }
    turn.wake_at(now_ + kPeerTick);
  }
  bool serving() const { return learner_ && learner_->serving(); }

 private:
  void take(LeaderLinkMail& mail) {
    LearnerEffects out;
    if (std::holds_alternative<LeaderUp>(mail)) {
      learner_.emplace(options_, replica_.database.committed_log(), now_);
      learner_->begin(now_, out);
    } else if (auto* packets = std::get_if<LeaderPackets>(&mail)) {
      PacketWalk walk(packets->batch);
      while (auto packet = walk.next()) learner_->received(*packet, now_, out);
    } else if (auto* chunk = std::get_if<SnapshotBytes>(&mail)) {
      learner_->heard(now_);
      size_t taken = 0;
      auto complete = replica_.store->feed_snapshot(chunk->bytes, taken);
      REQUIRE(complete.ok());
      CHECK(taken == chunk->bytes.size());
      CHECK(*complete == chunk->last);
      if (*complete) learner_->snapshot_loaded(now_);
    } else if (auto* down = std::get_if<LeaderDown>(&mail)) {
      ended.push_back(down->why);
      learner_.reset();
    }
    run(out);
  }
  void run(LearnerEffects& effects) {
    for (LearnerEffect& effect : effects) run_one(effect);
  }
  void run_one(LearnerEffect& effect) {
    ReplicaStore& store = *replica_.store;
    if (auto* accepted = std::get_if<PersistAcceptedEpoch>(&effect)) {
      REQUIRE(store.set_accepted_epoch(accepted->epoch).ok());
    } else if (auto* current = std::get_if<PersistCurrentEpoch>(&effect)) {
      REQUIRE(store.set_current_epoch(current->epoch).ok());
    } else if (auto* log = std::get_if<LogTxn>(&effect)) {
      store.append(log->txn);
      last_logged_ = log->txn.zxid;
    } else if (auto* commit = std::get_if<CommitTxn>(&effect)) {
      REQUIRE(store.apply(commit->txn).ok());
    } else if (auto* send = std::get_if<SendToLeader>(&effect)) {
      link->post(std::move(*send));
    } else if (auto* cut = std::get_if<TruncateLog>(&effect)) {
      auto found = store.truncate(cut->keep);
      REQUIRE(found.ok());
      LearnerEffects out;
      learner_->truncated(*found, out);
      run(out);
    } else if (auto* tree = std::get_if<LoadSnapshot>(&effect)) {
      store.begin_snapshot(tree->zxid);
    } else if (auto* applied = std::get_if<ApplyTxn>(&effect)) {
      REQUIRE(store.apply(applied->txn).ok());
    } else if (auto* appended = std::get_if<AppendTxn>(&effect)) {
      store.append(appended->txn);
    } else if (std::holds_alternative<SyncLog>(effect)) {
      REQUIRE(store.sync_log().ok());
    } else if (std::holds_alternative<WriteSnapshot>(effect)) {
      REQUIRE(store.keep_memory().ok());
    } else if (auto* over = std::get_if<GiveUp>(&effect)) {
      link->post(CloseLeaderLink{over->why});
    }
  }

  Replica& replica_;
  LearnerOptions options_;
  std::optional<Learner> learner_;
  MonoTime now_{};
  Zxid last_logged_;
};

}  // namespace okapi
