// An ensemble of pure parts in one loop: elections and receiver rules joined by a network that
// delays, reorders and loses by dice, in virtual time. What QuorumPeer does around an election is
// here in its smallest form: a leader without followers and a follower without its leader look
// again. Messages pass through the codec.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "server/election/fast_leader_election.h"
#include "server/election/receiver_rules.h"

namespace okapi {

inline SharedQuorumConfig config_of(const std::string& text) {
  auto parsed = QuorumConfig::parse(text, {});
  INFO(text);
  REQUIRE(parsed.ok());
  return std::make_shared<const QuorumConfig>(std::move(*parsed));
}

// server.1 to server.N, the observers last; `extra` are more lines.
inline std::string config_text(int64_t voters, int64_t observers = 0, const std::string& extra = "",
                               const std::string& version = "0") {
  std::string text;
  for (int64_t sid = 1; sid <= voters + observers; ++sid) {
    text += "server." + std::to_string(sid) + "=10.0.0." + std::to_string(sid) +
            ":2888:3888:" + (sid > voters ? "observer" : "participant") + "\n";
  }
  return text + extra + "version=" + version;
}

struct LinkOptions {
  int64_t delay_max_ms = 20;
  uint64_t loss_percent = 0;
};

class ElectionWorld {
 public:
  struct Server {
    explicit Server(ServerId sid) : election(sid, {}), rules(sid, {}) {}
    FastLeaderElection election;
    ReceiverRules rules;
    Candidacy candidacy;
    ElectionConfigs configs;
    bool up = false;
    PeerState state = PeerState::kLooking;
    Vote vote;  // currentVote
    std::set<ServerId> supporters;
    MonoTime settled_at{};
    int elections = 0;
  };

  explicit ElectionWorld(uint64_t seed, LinkOptions links = {}) : rng_(seed), links_(links) {}

  Server& add(int64_t sid, SharedQuorumConfig config, Candidacy candidacy) {
    auto server = std::make_unique<Server>(ServerId(sid));
    server->configs.current = std::move(config);
    server->candidacy = candidacy;
    server->vote = {ServerId(sid), candidacy.last_logged, -1, candidacy.current_epoch};
    return *(servers_[ServerId(sid)] = std::move(server));
  }
  void start(int64_t sid) {
    Server& server = at(sid);
    server.up = true;
    for (auto& [other, peer] : servers_) {
      if (other != ServerId(sid)) peer->election.on_link(ServerId(sid), true, now_);
    }
    look(ServerId(sid), server);
  }
  void start_all() {
    for (auto& [sid, server] : servers_) start(sid.value());
  }
  void crash(int64_t sid) {
    at(sid).up = false;
    at(sid).election.stop();
    for (auto& [other, server] : servers_) {
      if (other != ServerId(sid)) server->election.on_link(ServerId(sid), false, now_);
    }
    at(sid).state = PeerState::kLooking;
  }
  // Nothing passes between the two until heal().
  void cut(int64_t a, int64_t b) { cuts_.insert({{ServerId(a)}, {ServerId(b)}}); }
  void heal() { cuts_.clear(); }
  LinkOptions& links() { return links_; }
  Server& at(int64_t sid) { return *servers_.at(ServerId(sid)); }
  MonoTime now() const { return now_; }
  uint64_t sent() const { return sent_; }

  void run_for(Millis span) {
    MonoTime end = now_ + span;
    while (step_before(end)) {
    }
    now_ = end;
  }
  // Whether all that are up agree on a leader that leads; then its sid is leader().
  bool settled() {
    std::set<ServerId> leaders;
    for (auto& [sid, server] : servers_) {
      if (!server->up) continue;
      if (server->state == PeerState::kLooking) return false;
      leaders.insert(server->vote.leader);
    }
    if (leaders.size() != 1) return false;
    leader_ = *leaders.begin();
    Server& leader = *servers_.at(leader_);
    return leader.up && leader.state == PeerState::kLeading;
  }
  bool settles_within(Millis span) {
    for (MonoTime end = now_ + span; now_ < end && !settled();) run_for(Millis(50));
    return settled();
  }
  int64_t leader() const { return leader_.value(); }

 private:
  struct Packet {
    ServerId from, to;
    SharedBytes bytes;
  };
  static constexpr Millis kRoleCheck{1500};

  bool step_before(MonoTime end) {
    MonoTime next = end;
    if (!flying_.empty()) next = std::min(next, flying_.begin()->first.first);
    for (auto& [sid, server] : servers_) next = std::min(next, wakes_at(*server));
    if (next >= end) return false;
    now_ = std::max(now_, next);
    while (!flying_.empty() && flying_.begin()->first.first <= now_) {
      Packet packet = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      deliver(packet);
    }
    for (auto& [sid, server] : servers_) {
      if (server->up) tick(sid, *server);
    }
    return true;
  }
  MonoTime wakes_at(Server& server) const {
    if (!server.up) return MonoTime::max();
    MonoTime out = server.election.deadline().value_or(MonoTime::max());
    out = std::min(out, server.rules.deadline().value_or(MonoTime::max()));
    if (server.state != PeerState::kLooking) out = std::min(out, server.settled_at + kRoleCheck);
    return std::max(out, now_ + Millis(1));
  }
  void tick(ServerId sid, Server& server) {
    for (const Ballot& ballot : server.rules.due(now_)) send(sid, ballot);
    act(sid, server, server.election.on_tick(now_));
    if (server.state == PeerState::kLooking || now_ < server.settled_at + kRoleCheck) return;
    server.settled_at = now_;
    if (!role_holds(sid, server)) look(sid, server);
  }
  bool reach(ServerId a, ServerId b) const {
    return a == b || (!cuts_.contains({a, b}) && !cuts_.contains({b, a}));
  }
  bool role_holds(ServerId sid, Server& server) {
    if (server.state != PeerState::kLeading) {
      Server& leader = *servers_.at(server.vote.leader);
      return leader.up && leader.state == PeerState::kLeading && reach(sid, server.vote.leader);
    }
    QuorumTracker tracker(server.configs.current);
    for (auto& [other, follower] : servers_) {
      bool follows = other == sid || (follower->state == PeerState::kFollowing &&
                                      follower->vote.leader == sid && reach(sid, other));
      if (follower->up && follows) tracker.add(other);
    }
    return tracker.has_all_quorums();
  }
  void look(ServerId sid, Server& server) {
    server.state = PeerState::kLooking;
    ++server.elections;
    tell_rules(server);
    act(sid, server, server.election.start_looking(server.candidacy, server.configs, now_));
  }
  void tell_rules(Server& server) {
    server.rules.set_standing(Standing{.state = server.state,
                                       .vote = server.vote,
                                       .round = server.election.round(),
                                       .configs = server.configs});
  }
  void act(ServerId sid, Server& server, ElectionEffects effects) {
    for (const Ballot& ballot : effects.send) send(sid, ballot);
    if (effects.elected) {
      server.state = effects.elected->state;
      server.vote = effects.elected->vote;
      server.supporters = effects.elected->supporters;
      server.settled_at = now_;
    }
    tell_rules(server);
  }
  void send(ServerId from, const Ballot& ballot) {
    SharedBytes bytes = encode_notification(ballot.state, ballot.vote, ballot.config->text());
    for (ServerId to : ballot.to) {
      CHECK(to != from);
      ++sent_;
      if (!servers_.contains(to) || !reach(from, to)) continue;
      if (rng_.chance(links_.loss_percent, 100)) continue;
      auto delay = static_cast<int64_t>(rng_.below(static_cast<uint64_t>(links_.delay_max_ms) + 1));
      flying_[{now_ + Millis(delay), next_packet_++}] = {from, to, bytes};
    }
  }
  void deliver(const Packet& packet) {
    Server& server = *servers_.at(packet.to);
    if (!server.up || !reach(packet.from, packet.to)) return;
    auto message = parse_notification(packet.bytes.view());
    REQUIRE(message.ok());
    auto verdict = server.rules.receive(packet.from, std::move(*message), now_);
    if (verdict.answer) send(packet.to, *verdict.answer);
    for (ElectionNews& news : verdict.news) {
      if (auto* heard = std::get_if<Heard>(&news)) {
        act(packet.to, server, server.election.on_notification(heard->from, heard->message, now_));
      } else if (auto* newer = std::get_if<NewerConfig>(&news)) {
        server.configs.current = newer->config;
        act(packet.to, server, server.election.on_configs(server.configs, now_));
      }
    }
  }

  Rng rng_;
  LinkOptions links_;
  MonoTime now_{};
  std::map<ServerId, std::unique_ptr<Server>> servers_;
  std::map<std::pair<MonoTime, uint64_t>, Packet> flying_;
  uint64_t next_packet_ = 0, sent_ = 0;
  std::set<std::pair<ServerId, ServerId>> cuts_;
  ServerId leader_;
};

}  // namespace okapi
