// The stages of the quorum port on simulated machines, between collectors that stand for QuorumPeer
// and keep the mail; and a program that knows no good manners.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/database/replica_store.h"
#include "server/peer/leader_link.h"
#include "server/peer/learner_acceptor.h"
#include "tests/sim/sim_node.h"
#include "tests/support/storage_world.h"

namespace okapi {

constexpr uint16_t kQuorumPort = 2888;

inline std::string ip_of(int64_t sid) { return "10.0.0." + std::to_string(sid); }

// Stands for QuorumPeer: reads its mail, or, while frozen, does not.
template <class Mail>
class Collector final : public Stage {
 public:
  Mailbox<Mail> box;
  std::vector<Mail> seen;
  bool frozen = false;

  void step(Turn& turn) override {
    if (frozen) return turn.wake_at(turn.now() + Millis(5));
    std::vector<Mail> inbox;
    box.drain(inbox);
    for (Mail& mail : inbox) {
      std::visit(
          [](auto& one) {
            if constexpr (requires { one.charge; }) one.charge = MailCharge();
          },
          mail);
      seen.push_back(std::move(mail));
    }
  }
  template <class Kind>
  std::vector<const Kind*> all() const {
    std::vector<const Kind*> out;
    for (const Mail& mail : seen) {
      if (const auto* one = std::get_if<Kind>(&mail)) out.push_back(one);
    }
    return out;
  }
};

// Database, log and leases of one server.
struct Replica {
  explicit Replica(Disk& disk, size_t committed = 4) : database({}, committed) {
    auto opened =
        DataDir::open(storage.over(disk), {.data_dir = "/d", .data_log_dir = "/d", .pid = "1"});
    REQUIRE(opened.ok());
    data.emplace(std::move(*opened));
    ReplicaStore::Options options;
    options.recovery.snapshot.directory = data->snapshots();
    options.log.directory = data->logs();
    store.emplace(storage.over(disk), *data, database, options);
    REQUIRE(store->load().ok());
    Status epochs = store->load_epochs();
    INFO((epochs.ok() ? "" : epochs.error().text));
    REQUIRE(epochs.ok());
  }
  // Transactions first..last of an epoch, with `bytes` of data each.
  void write(int64_t epoch, uint32_t first, uint32_t last, size_t bytes = 10) {
    if (store->current_epoch() < Epoch(epoch)) {
      REQUIRE(store->set_accepted_epoch(Epoch(epoch)).ok());
      REQUIRE(store->set_current_epoch(Epoch(epoch)).ok());
    }
    for (uint32_t counter = first; counter <= last; ++counter) {
      Zxid zxid = Zxid::make(Epoch(epoch), counter);
      EncodedTxn txn = create_txn(zxid, "/n" + std::to_string(zxid.value()),
                                  std::string(bytes, static_cast<char>('a' + counter % 26)));
      store->append(txn);
      REQUIRE(store->apply(txn).ok());
      database.committed_log().add(txn);
    }
    REQUIRE(store->sync_log().ok());
  }

  StorageWorld storage;
  ZkDatabase database;
  std::optional<DataDir> data;
  std::optional<ReplicaStore> store;
  TreeLeases leases;
};

// What came in mail of that kind, packet by packet.
template <class Packets, class Mail>
std::vector<QuorumPacket> packets_of(const Collector<Mail>& peer) {
  std::vector<QuorumPacket> out;
  for (const Packets* mail : peer.template all<Packets>()) {
    PacketWalk walk(mail->batch);
    while (auto packet = walk.next()) out.push_back(std::move(*packet));
  }
  return out;
}

class LeaderSide final : public sim::Program {
 public:
  LeaderSide(sim::SimEnv& environment, LearnerAcceptorOptions options)
      : env(environment), replica(environment.disk()), options_(std::move(options)) {
    if (options_.addresses.empty()) options_.addresses = {{ip_of(1), kQuorumPort}};
    options_.handler.log.logs = replica.data->logs();
    options_.handler.log.snapshots = replica.data->snapshots();
    peer.box.attach(env.scheduler().enroll(peer, {.home = "QuorumPeer:1"}));
    lead();
  }
  ~LeaderSide() override {
    end_term();
    env.scheduler().retire(peer);
  }
  void lead() {
    options_.term++;
    acceptor = std::make_unique<LearnerAcceptor>(
        LearnerSources{env, replica.database, replica.leases}, options_, peer.box);
    acceptor->begin(
        env.scheduler().enroll(*acceptor, {.home = "LrnAccept:1", .poller = acceptor->poller()}));
  }
  void end_term() {
    if (acceptor == nullptr) return;
    env.scheduler().retire(*acceptor);
    acceptor.reset();
  }
  // The door of the newest link.
  LearnerDoor door() { return peer.all<LinkUp>().back()->door; }
  LinkId link() { return peer.all<LinkUp>().back()->link; }
  std::vector<QuorumPacket> packets() const { return packets_of<PacketsIn>(peer); }

  sim::SimEnv& env;
  Replica replica;
  Collector<LearnerMail> peer;
  std::unique_ptr<LearnerAcceptor> acceptor;

 private:
  LearnerAcceptorOptions options_;
};

class LearnerSide final : public sim::Program {
 public:
  LearnerSide(sim::SimEnv& environment, const LeaderLinkOptions& options)
      : env(environment), link(environment, options, peer.box) {
    peer.box.attach(env.scheduler().enroll(peer, {.home = "QuorumPeer:2"}));
    link.begin(env.scheduler().enroll(link, {.home = "LeaderLink:2", .poller = link.poller()}));
  }
  ~LearnerSide() override {
    env.scheduler().retire(link);
    env.scheduler().retire(peer);
  }
  void send(PacketType type, Zxid zxid, NullableView data = std::nullopt) {
    link.orders.post(SendToLeader{encode_packet(type, zxid, data)});
  }
  void send_hello() { send(PacketType::kFollowerInfo, Zxid(), std::string(20, '\0')); }
  std::vector<QuorumPacket> packets() const { return packets_of<LeaderPackets>(peer); }
  std::string snapshot_bytes() {
    std::string out;
    for (const SnapshotBytes* chunk : peer.all<SnapshotBytes>()) out += chunk->bytes;
    return out;
  }

  sim::SimEnv& env;
  Collector<LeaderLinkMail> peer;
  LeaderLink link;
};

class PortWorld {
 public:
  explicit PortWorld(uint64_t seed, const sim::NetOptions& net_options = {})
      : world(seed), net(world, net_options) {
    acceptor_options.handler.hello_timeout = Millis(2'000);
    acceptor_options.handler.log.snapshot_size_factor = 0;
    link_options.dial = {
        .addresses = {{ip_of(1), kQuorumPort}}, .budget = Millis(5'000), .attempt = Millis(1'000)};
    net.names().ips["leader"] = {ip_of(1)};
    net.names().silent.insert("silence");
  }
  sim::SimNode& node(int64_t sid) {
    auto& slot = nodes_[sid];
    if (!slot) {
      slot = std::make_unique<sim::SimNode>(world, net, "s" + std::to_string(sid), ip_of(sid));
    }
    return *slot;
  }
  LeaderSide& lead() {
    REQUIRE(node(1).start(
        [&](sim::SimEnv& env) { return std::make_unique<LeaderSide>(env, acceptor_options); }));
    return *static_cast<LeaderSide*>(node(1).program());
  }
  LearnerSide& follow(int64_t sid) {
    REQUIRE(node(sid).start(
        [&](sim::SimEnv& env) { return std::make_unique<LearnerSide>(env, link_options); }));
    return *static_cast<LearnerSide*>(node(sid).program());
  }
  // Learner `sid`, connected and greeted.
  LearnerSide& join(int64_t sid) {
    LearnerSide& learner = follow(sid);
    REQUIRE(until([&] { return !learner.peer.all<LeaderUp>().empty(); }));
    learner.send_hello();
    auto& leader = *static_cast<LeaderSide*>(node(1).program());
    size_t before = leader.peer.all<LinkUp>().size();
    REQUIRE(until([&] { return leader.peer.all<LinkUp>().size() > before; }));
    return learner;
  }
  bool until(const std::function<bool()>& done, Millis span = Millis(20'000)) {
    bool in_time = world.run_until(world.now() + span, done);
    INFO(world.failure());
    REQUIRE(!world.failed());
    return in_time && done();
  }

  sim::SimWorld world;
  sim::SimNet net;
  LearnerAcceptorOptions acceptor_options;
  LeaderLinkOptions link_options;

 private:
  std::map<int64_t, std::unique_ptr<sim::SimNode>> nodes_;
};

// A machine of nobody's: writes what it is told to and looks what comes back.
class Stranger {
 public:
  Stranger(PortWorld& world, const std::string& ip)
      : world_(world), meter_(world.world), nic_(world.net.add_host(ip, meter_)) {}

  std::unique_ptr<Stream> connect() {
    auto stream = nic_.connect({ip_of(1), kQuorumPort});
    world_.world.run_for(Millis(20));
    return std::move(*stream);
  }
  void write(Stream& stream, ByteView rest) {
    while (!rest.empty()) {
      IoResult result = stream.write(std::span(&rest, 1));
      if (result.state == IoState::kWouldBlock) world_.world.run_for(Millis(5));
      if (result.state == IoState::kClosed || result.state == IoState::kFailed) return;
      rest.remove_prefix(result.bytes);
    }
    world_.world.run_for(Millis(50));
  }
  bool is_closed(Stream& stream) {
    std::array<char, 4096> buffer;
    while (true) {
      IoResult result = stream.read(buffer);
      if (result.state != IoState::kOk) return result.state != IoState::kWouldBlock;
    }
  }

 private:
  PortWorld& world_;
  sim::CostMeter meter_;
  sim::SimNic& nic_;
};

inline sim::NetOptions choppy() {
  sim::NetOptions options;
  options.delay_max = Millis(5);
  options.short_read_one_in = 3;
  options.short_write_one_in = 3;
  return options;
}

}  // namespace okapi
