// The election stages over simulated machines: what links do to an election, and what strangers do
// to links.
#include "common/jute/output_archive.h"
#include "server/config/exit_code.h"
#include "tests/unit/election/cnx_world.h"
#include "tests/unit/election/hex.h"

using namespace okapi;

namespace {

sim::NetOptions choppy() {
  sim::NetOptions options;
  options.delay_max = Millis(30);
  options.short_read_one_in = 2;
  options.short_write_one_in = 2;
  return options;
}

// As small as three servers that greet, and now and then reset, can do with.
void shrink(QuorumCnxOptions& options) {
  options.half_open_max = 4;
  options.receive_backlog_max = 1;
  options.accepts_per_turn_max = 1;
  options.read_bytes_per_turn_max = 7;
}

std::string hello(int64_t sid, const std::string& host = "10.0.9.9") {
  return encode_initial_message(ServerId(sid), {{host, kElectionPort}}, false);
}

std::string looking(const std::string& config = "") {
  Vote vote{ServerId(9), Zxid(0), 1, Epoch(0)};
  return frame(encode_notification(PeerState::kLooking, vote, config).view());
}

// The stage alone; nobody reads what it hands on.
class DeafProgram final : public sim::Program {
 public:
  DeafProgram(sim::SimEnv& env, const QuorumCnxOptions& options)
      : env_(env),
        poller_(env.net().make_poller(PollerKind::kGeneral)),
        cnx_(env, *poller_, options) {
    box.attach(bell_);
    cnx_.incoming = Sink<IncomingFrame>(box);
    cnx_.attach(env.scheduler().enroll(
        cnx_, {.home = "QuorumCnx:1", .lending = Lending::kHomeOnly, .poller = poller_.get()}));
    cnx_.peers.post(CnxPeers{});
  }
  ~DeafProgram() override { env_.scheduler().retire(cnx_); }

 private:
  struct SilentBell final : Bell {
    void ring(bool) override {}
  };
  sim::SimEnv& env_;
  std::unique_ptr<Poller> poller_;
  QuorumCnxManager cnx_;
  SilentBell bell_;

 public:
  Mailbox<IncomingFrame> box;
};

}  // namespace

TEST_CASE("f_net_08: servers elect over links that take and give a few bytes at a time") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CnxWorld world(seed, choppy());
    world.config = config_of(config_text(5));
    for (int64_t sid = 1; sid <= 5; ++sid) {
      world.start(sid, {.last_logged = Zxid(sid == 2 ? 7 : 5)});
    }
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(6'000)));
    CHECK(world.leader == 2);
    // One connection for each pair, and nothing more is sent.
    world.world.run_for(Millis(5'000));
    CHECK(world.net.connections() == 10);
  }
}

TEST_CASE("inv_b7: resets, black holes, cuts and kills end, and then a leader is found") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CnxWorld world(seed, choppy());
    Rng rng(seed);
    if (rng.chance(1, 2)) world.tweak = shrink;
    for (int64_t sid = 1; sid <= 3; ++sid) world.start(sid);
    auto any = [&] { return static_cast<int64_t>(1 + rng.below(3)); };
    for (int trouble = 0; trouble < 12; ++trouble) {
      int64_t sid = any();
      switch (rng.below(5)) {
        case 0:
          world.net.reset_one(ip_of(sid));
          break;
        case 1:
          world.net.black_hole_one(ip_of(sid));
          break;
        case 2:
          world.net.block(ip_of(sid), ip_of(any()));
          break;
        default:
          if (world.node(sid).running()) {
            world.node(sid).kill();
          } else {
            world.start(sid);
          }
      }
      if (world.node(sid).running()) world.program(sid).stages.look();
      world.world.run_for(Millis(static_cast<int64_t>(rng.below(1'500))));
    }
    world.net.heal();
    for (int64_t sid = 1; sid <= 3; ++sid) {
      if (!world.node(sid).running()) world.start(sid);
    }
    INFO("seed " << seed);
    REQUIRE(world.settles_within(Millis(130'000)));
  }
}

TEST_CASE("zk_3756: a dead machine, an unknown name and one never answered for hold up nobody") {
  std::string text = "server.1=h1:2888:3888\nserver.2=h2:2888:3888\nserver.3=h3:2888:3888\n";
  text += "server.4=nowhere:2888:3888\nserver.5=silence:2888:3888\nversion=0";
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CnxWorld world(seed);
    world.config = config_of(text);
    for (int64_t sid : {1, 2, 3}) world.start(sid);
    REQUIRE(world.settles_within(Millis(1'000)));
    CHECK(world.leader == 3);

    CnxWorld dead(seed);
    dead.config = config_of(config_text(5));
    dead.node(4).power_off();
    for (int64_t sid : {1, 2, 3, 5}) dead.net.cut(ip_of(sid), ip_of(4));
    for (int64_t sid : {1, 2, 3, 5}) dead.start(sid);
    REQUIRE(dead.settles_within(Millis(1'000)));
    CHECK(dead.leader == 5);
  }
}

TEST_CASE("x_ele_01: 500 silent connections to each server do not delay an election") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CnxWorld world(seed);
    Intruder intruder(world, "10.0.9.9");
    for (int64_t sid = 1; sid <= 3; ++sid) world.start(sid);
    std::vector<std::unique_ptr<Stream>> silent;
    for (int i = 0; i < 500; ++i) {
      for (int64_t sid = 1; sid <= 3; ++sid) silent.push_back(intruder.connect(sid));
    }
    MonoTime begun = world.world.now();
    REQUIRE(world.settles_within(Millis(2'000)));
    CHECK(world.world.now() - begun < Millis(1'000));
    // They come after the election as before it: it is held again among them.
    for (int64_t sid = 1; sid <= 3; ++sid) {
      world.node(sid).kill();
      world.start(sid);
    }
    for (int i = 0; i < 300; ++i) {
      for (int64_t sid = 1; sid <= 3; ++sid) silent.push_back(intruder.connect(sid));
    }
    REQUIRE(world.settles_within(Millis(2'000)));
    world.world.run_for(Millis(10'000));
    for (auto& stream : silent) CHECK(intruder.is_closed(*stream));
  }
}

TEST_CASE("x_ele_01: one byte a second does not keep a connection open") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  auto slow = intruder.connect(1);
  world.world.run_for(Millis(50));
  std::string bytes = hello(9);
  for (size_t i = 0; i < 4; ++i) {
    intruder.write(*slow, bytes.substr(i, 1));
    world.world.run_for(Millis(950));
    CHECK_FALSE(intruder.is_closed(*slow));
  }
  world.world.run_for(Millis(2'000));
  CHECK(intruder.is_closed(*slow));
}

TEST_CASE(
    "x_ele_02, x_ele_03, x_ele_04, x_ele_06, x_ele_07, zk_2186: bad input ends that link only") {
  std::string long_address(3'000, 'a');
  std::string own_id = hello(2), anonymous = hello(std::numeric_limits<int64_t>::max());
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"),
        from_hex("16030102000100 01fc0303") + "a hello of TLS",
        from_hex("fffffffffffffffe 0000000000000009 00000001") + "a", hello(9, long_address),
        from_hex("ffffffffffff0000 0000000000000009 00000004") + "h:ab", own_id, anonymous,
        hello(9) + std::string(4, '\0'), hello(9) + from_hex("80000000"),
        hello(9) + from_hex("00080001")}) {
    CnxWorld world(1);
    Intruder intruder(world, "10.0.9.9");
    for (int64_t sid = 1; sid <= 3; ++sid) world.start(sid);
    REQUIRE(world.settles_within(Millis(2'000)));
    world.world.run_for(Millis(1'000));
    INFO(printable(bytes, 40));
    auto stream = intruder.say(2, bytes);
    world.world.run_for(Millis(1'000));
    CHECK(intruder.is_closed(*stream));
    stream.reset();
    world.world.run_for(Millis(1'000));
    CHECK(world.net.connections() == 3);  // those of the ensemble
  }
}

TEST_CASE("x_ele_07: a message of the largest size is taken, in pieces, and one more byte is not") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  std::string config(CnxLink::kMessageBytesMax - 44, '#');
  auto stream = intruder.say(1, hello(9) + looking(config));
  bool open = false;
  CHECK(intruder.heard(*stream, open).size() > 44);
  CHECK(open);
  intruder.write(*stream, looking(config + "#"));
  CHECK(intruder.is_closed(*stream));
}

TEST_CASE("x_ele_08, zk_3769: a message that cannot be read is dropped and its connection stays") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  auto stream = intruder.say(1, hello(9));
  bool open = false;
  for (size_t size : {1U, 27U, 29U, 36U, 43U})
    intruder.write(*stream, frame(std::string(size, 'x')));
  CHECK(intruder.heard(*stream, open).empty());
  CHECK(open);
  intruder.write(*stream, looking());
  CHECK(intruder.heard(*stream, open).size() > 44);
}

TEST_CASE("x_ele_05: the eleventh stranger is refused, members are not; a stranger is answered") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  std::vector<std::unique_ptr<Stream>> strangers;
  for (int64_t sid = 10; sid < 21; ++sid) {
    strangers.push_back(intruder.say(1, hello(sid) + looking()));
    bool open = false;
    CHECK(intruder.heard(*strangers.back(), open).empty() == (sid == 20));
    CHECK(open == (sid < 20));
  }
  for (int64_t sid : {2, 3}) world.start(sid);
  CHECK(world.settles_within(Millis(2'000)));
}

TEST_CASE("f_net_07: of two connections of one server the newer one stays") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  auto first = intruder.say(1, hello(9));
  CHECK_FALSE(intruder.is_closed(*first));
  auto second = intruder.say(1, hello(9) + looking());
  CHECK(intruder.is_closed(*first));
  bool open = false;
  CHECK(intruder.heard(*second, open).size() > 44);
  CHECK(open);
}

TEST_CASE("x_ele_11: a flood of messages is answered a few times and delays no election") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  auto stream = intruder.say(1, hello(9));
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += looking();
  MonoTime begun = world.world.now();
  intruder.write(*stream, flood);
  auto span = to_ms(world.world.now() - begun);
  bool open = false;
  size_t answers = intruder.heard(*stream, open).size() / 100;
  CHECK(open);
  CHECK(answers >= 1);
  CHECK(answers <= static_cast<size_t>(span / 10 + 5) * 3);
  for (int64_t sid : {2, 3}) world.start(sid);
  CHECK(world.settles_within(Millis(2'000)));
}

TEST_CASE("x_ele_11: while nobody reads, a bounded number waits, and then comes the newest") {
  CnxWorld world(1);
  Intruder intruder(world, "10.0.9.9");
  QuorumCnxOptions options{.self = ServerId(1), .listen = {.addresses = {{ip_of(1), 3888}}}};
  options.receive_backlog_max = 7;
  world.node(1).start(
      [&](sim::SimEnv& env) { return std::make_unique<DeafProgram>(env, options); });
  auto& box = static_cast<DeafProgram*>(world.node(1).program())->box;
  auto stream = intruder.say(1, hello(9));
  for (int i = 0; i < 50; ++i) intruder.write(*stream, frame("message " + std::to_string(i)));
  CHECK(box.size() == 7);
  std::vector<IncomingFrame> inbox;
  box.drain(inbox);
  CHECK(inbox.back().message.view() == "message 6");
  world.world.run_for(Millis(100));
  inbox.clear();
  box.drain(inbox);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].message.view() == "message 49");
  CHECK(inbox[0].from == ServerId(9));
}

TEST_CASE("x_ele_01: of those who do not say who they are a bounded number is kept, the newest") {
  CnxWorld world(1);
  world.tweak = [](QuorumCnxOptions& options) { options.half_open_max = 5; };
  Intruder intruder(world, "10.0.9.9");
  world.start(1);
  auto member = intruder.say(1, hello(3));
  std::vector<std::unique_ptr<Stream>> silent;
  for (size_t i = 0; i < 8; ++i) {
    silent.push_back(intruder.connect(1));
    world.world.run_for(Millis(50));
  }
  for (size_t i = 0; i < silent.size(); ++i) CHECK(intruder.is_closed(*silent[i]) == (i < 3));
  CHECK_FALSE(intruder.is_closed(*member));  // it was the oldest of all
}

TEST_CASE("f_net_04: a link that swallows everything is given up and dialled again") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CnxWorld world(seed);
    for (int64_t sid : {1, 2}) world.start(sid);
    REQUIRE(world.settles_within(Millis(2'000)));
    world.world.run_for(Millis(1'000));
    REQUIRE(world.net.black_hole_one(ip_of(1)));
    for (int64_t sid : {1, 2}) world.program(sid).stages.look();
    world.world.run_for(Millis(1'000));
    CHECK_FALSE(world.settled());
    REQUIRE(world.settles_within(Millis(30'000)));
  }
}

TEST_CASE("a port in use is tried again; when it stays in use the process ends with its code") {
  for (bool freed : {true, false}) {
    CnxWorld world(1);
    sim::SimNode& node = world.node(1);
    auto squatter = node.nic().listen({.ip = "", .port = kElectionPort}, -1);
    REQUIRE(squatter.ok());
    world.start(1);
    world.world.run_for(Millis(1'500));
    CHECK(node.running());
    if (freed) squatter->reset();
    world.world.run_for(Millis(3'000));
    CHECK(node.running() == freed);
    if (!freed) CHECK(node.exit()->code == static_cast<int>(ExitCode::kUnableToBind));
    if (freed) {
      world.start(2);
      CHECK(world.settles_within(Millis(5'000)));
    }
  }
}

TEST_CASE("f_net_10: a failing accept leaves the port open") {
  CnxWorld world(1);
  world.net.options().accept_error_one_in = 2;
  for (int64_t sid = 1; sid <= 3; ++sid) world.start(sid);
  CHECK(world.settles_within(Millis(10'000)));
  world.world.run_for(Millis(10'000));  // until all are connected
  // While it fails for good the stage rests between the attempts.
  world.net.options().accept_error_one_in = 1;
  Intruder intruder(world, "10.0.9.9");
  auto waiting = intruder.connect(1);
  world.world.run_for(Millis(100));
  uint64_t turns = world.world.turns();
  world.world.run_for(Millis(2'000));
  CHECK(world.world.turns() - turns < 100);
}

TEST_CASE("a server that another one may not dial is dialled back, and both agree") {
  // Server 1 cannot open a connection of its own to anybody that is kept: it knocks.
  CnxWorld world(1);
  world.start(3);
  world.world.run_for(Millis(500));
  world.start(1);
  REQUIRE(world.settles_within(Millis(2'000)));
  CHECK(world.leader == 3);
  CHECK(world.net.connections() == 1);
}

TEST_CASE("a reconfiguration moves the port, by name too, and the connections that stand stay") {
  for (const char* host : {"10.0.0.1", "h1"}) {
    CnxWorld world(1);
    for (int64_t sid = 1; sid <= 3; ++sid) world.start(sid);
    REQUIRE(world.settles_within(Millis(5'000)));
    world.world.run_for(Millis(1'000));  // until all are connected
    const size_t connections = world.net.connections();
    CnxPeers moved = peers_of(*world.config, ServerId(1));
    moved.own = {{host, 4888}};
    world.program(1).stages.cnx.peers.post(moved);
    world.world.run_for(Millis(1'000));
    CHECK(world.net.connections() == connections);
    CHECK(world.peer(1).vote().leader == ServerId(3));
    Intruder intruder(world, "10.0.9.9");
    auto old = intruder.connect(1);
    world.world.run_for(Millis(50));
    CHECK(intruder.is_closed(*old));
    auto found = intruder.connect(1, 4888);
    world.world.run_for(Millis(50));
    CHECK_FALSE(intruder.is_closed(*found));
    // Who is no member any more stays where it was.
    moved.own.clear();
    world.program(1).stages.cnx.peers.post(moved);
    auto again = intruder.connect(1, 4888);
    world.world.run_for(Millis(50));
    CHECK_FALSE(intruder.is_closed(*again));
  }
}
