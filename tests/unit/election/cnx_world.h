// An ensemble of real election stages on simulated machines: links that are slow, short, cut, reset
// or silent, and a program that knows no good manners on a machine of its own.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/sim_node.h"
#include "tests/support/election_stages.h"
#include "tests/unit/election/election_world.h"

namespace okapi {

constexpr uint16_t kElectionPort = 3888;

inline std::string ip_of(int64_t sid) { return "10.0.0." + std::to_string(sid); }

class ElectionProgram final : public sim::Program {
 public:
  ElectionProgram(sim::SimEnv& env, const QuorumCnxOptions& options, const Candidacy& candidacy,
                  const SharedQuorumConfig& config)
      : stages(env, options, candidacy, config) {
    stages.look();
  }

  ElectionStages stages;
};

class CnxWorld {
 public:
  explicit CnxWorld(uint64_t seed, const sim::NetOptions& net_options = {})
      : world(seed), net(world, net_options), config(config_of(config_text(3))) {
    // "hN" is server N; of "silence" nothing is ever heard.
    for (int64_t sid = 1; sid <= 9; ++sid)
      net.names().ips["h" + std::to_string(sid)] = {ip_of(sid)};
    net.names().silent.insert("silence");
  }

  sim::SimNode& node(int64_t sid) {
    auto& slot = nodes_[sid];
    if (!slot)
      slot = std::make_unique<sim::SimNode>(world, net, "s" + std::to_string(sid), ip_of(sid));
    return *slot;
  }
  void start(int64_t sid, const Candidacy& candidacy = {}) {
    QuorumCnxOptions options{.self = ServerId(sid), .listen = {.addresses = {own_address(sid)}}};
    if (tweak) tweak(options);
    bool started = node(sid).start([&](sim::SimEnv& env) {
      return std::make_unique<ElectionProgram>(env, options, candidacy, config);
    });
    REQUIRE(started);
  }
  HostPort own_address(int64_t sid) {
    const QuorumServer* own = config->find(ServerId(sid));
    if (own == nullptr) return {ip_of(sid), kElectionPort};
    return {own->addresses.front().host, own->addresses.front().election_port};
  }
  MiniPeer& peer(int64_t sid) { return program(sid).stages.peer; }
  ElectionProgram& program(int64_t sid) {
    return *static_cast<ElectionProgram*>(node(sid).program());
  }
  // Whether all that run agree on a leader that leads.
  bool settled() {
    std::set<ServerId> leaders;
    for (auto& [sid, server] : nodes_) {
      if (!server->running()) continue;
      if (peer(sid).state() == PeerState::kLooking) return false;
      leaders.insert(peer(sid).vote().leader);
    }
    if (leaders.size() != 1) return false;
    leader = leaders.begin()->value();
    return node(leader).running() && peer(leader).state() == PeerState::kLeading;
  }
  // As QuorumPeer would: who does not find its leader, or its quorum, looks again.
  bool settles_within(Millis span) {
    MonoTime end = world.now() + span;
    while (world.now() < end) {
      if (world.run_until(world.now() + Millis(2'000), [this] { return settled(); })) {
        if (settled()) return true;
      }
      REQUIRE(!world.failed());
      for (auto& [sid, server] : nodes_) {
        if (server->running() && !role_holds(sid)) program(sid).stages.look();
      }
    }
    return settled();
  }

  sim::SimWorld world;
  sim::SimNet net;
  SharedQuorumConfig config;
  std::function<void(QuorumCnxOptions&)> tweak;
  int64_t leader = 0;

 private:
  bool role_holds(int64_t sid) {
    if (peer(sid).state() == PeerState::kLooking) return true;  // it is at it
    int64_t chosen = peer(sid).vote().leader.value();
    if (chosen != sid) {
      return node(chosen).running() && peer(chosen).state() == PeerState::kLeading;
    }
    QuorumTracker tracker(config);
    for (auto& [other, server] : nodes_) {
      bool follows = server->running() && peer(other).state() != PeerState::kLooking &&
                     peer(other).vote().leader.value() == sid;
      if (follows) tracker.add(ServerId(other));
    }
    return tracker.has_all_quorums();
  }
  std::map<int64_t, std::unique_ptr<sim::SimNode>> nodes_;
};

// A machine of nobody's: writes what it is told to and looks what comes back.
class Intruder {
 public:
  Intruder(CnxWorld& world, const std::string& ip)
      : world_(world), meter_(world.world), nic_(world.net.add_host(ip, meter_)) {}

  std::unique_ptr<Stream> connect(int64_t sid, uint16_t port = kElectionPort) {
    return std::move(*nic_.connect({ip_of(sid), port}));
  }
  // Writes `bytes` when the connection stands.
  std::unique_ptr<Stream> say(int64_t sid, const std::string& bytes) {
    auto stream = connect(sid);
    world_.world.run_for(Millis(50));
    write(*stream, bytes);
    return stream;
  }
  void write(Stream& stream, const std::string& bytes) {
    for (ByteView rest = bytes; !rest.empty();) {
      IoResult result = stream.write(std::span(&rest, 1));
      if (result.state == IoState::kWouldBlock) world_.world.run_for(Millis(5));
      if (result.state == IoState::kClosed || result.state == IoState::kFailed) return;
      rest.remove_prefix(result.bytes);
    }
    world_.world.run_for(Millis(50));
  }
  // What came; `open` is false once the other side has closed.
  std::string heard(Stream& stream, bool& open) {
    std::string out;
    std::array<char, 4096> buffer;
    while (true) {
      IoResult result = stream.read(buffer);
      open = result.state == IoState::kOk || result.state == IoState::kWouldBlock;
      if (result.state != IoState::kOk) return out;
      out.append(buffer.data(), result.bytes);
    }
  }
  bool is_closed(Stream& stream) {
    bool open = true;
    heard(stream, open);
    return !open;
  }

 private:
  CnxWorld& world_;
  sim::CostMeter meter_;
  sim::SimNic& nic_;
};

inline std::string frame(ByteView message) {
  std::string out;
  jute::OutputArchive(out).put_buffer(message);
  return out;
}

}  // namespace okapi
