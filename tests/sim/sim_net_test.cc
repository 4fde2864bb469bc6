// What the simulated network carries, cuts and keeps back.
#include "tests/sim/sim_net.h"

#include <array>
#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/sim_stream.h"

namespace okapi::sim {
namespace {

struct Wire {
  explicit Wire(uint64_t seed, const NetOptions& options = {})
      : world(seed), meter(world), net(world, options) {
    SimNic& server = net.add_host("10.0.0.1", meter);
    client_nic = &net.add_host("10.0.1.1", meter);
    listener = std::move(*server.listen({.ip = "", .port = 2181}, -1));
    near = std::move(*client_nic->connect({"10.0.0.1", 2181}));
    world.run_for(Millis(100));
    auto accepted = listener->accept();
    while (!accepted.ok()) accepted = listener->accept();
    far = std::move(*accepted);
    REQUIRE(far != nullptr);
  }
  static IoResult write(Stream& stream, ByteView bytes) {
    return stream.write(std::span(&bytes, 1));
  }
  // All of `bytes`, in as many calls as it takes.
  void send(Stream& stream, ByteView bytes) {
    while (!bytes.empty()) {
      IoResult result = write(stream, bytes);
      REQUIRE(result.state == IoState::kOk);
      bytes.remove_prefix(result.bytes);
    }
  }
  static IoState read(Stream& stream, std::string& out) {
    std::array<char, 100> buffer;
    while (true) {
      IoResult result = stream.read(buffer);
      if (result.state != IoState::kOk) return result.state;
      out.append(buffer.data(), result.bytes);
    }
  }
  SimWorld world;
  CostMeter meter;
  SimNet net;
  SimNic* client_nic;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> near, far;
};

NetOptions choppy() { return {.short_read_one_in = 2, .short_write_one_in = 2}; }

TEST_CASE("f_net_08: bytes arrive whole and in order through short reads and writes") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Wire wire(seed, choppy());
    std::string sent, got;
    for (int i = 0; i < 200; ++i) sent += std::to_string(i) + ",";
    wire.send(*wire.near, sent);
    for (int i = 0; i < 100; ++i) {
      CHECK(Wire::read(*wire.far, got) == IoState::kWouldBlock);
      wire.world.run_for(Millis(1));
    }
    CHECK(got == sent);
  }
}

TEST_CASE("a closed stream ends in order behind its bytes; unread bytes make it a reset") {
  Wire wire(1);
  wire.send(*wire.near, "last words");
  wire.near.reset();
  wire.world.run_for(Millis(100));
  std::string got;
  CHECK(Wire::read(*wire.far, got) == IoState::kClosed);
  CHECK(got == "last words");

  Wire other(2);
  other.send(*other.far, "unread");
  other.world.run_for(Millis(100));
  other.near.reset();
  other.world.run_for(Millis(100));
  CHECK(Wire::read(*other.far, got) == IoState::kFailed);
}

TEST_CASE("a window fills when the reader sleeps, and opens when it reads") {
  Wire wire(1, {.short_read_one_in = 0, .short_write_one_in = 0, .window_bytes = 1000});
  std::string big(1500, 'x'), got;
  CHECK(Wire::write(*wire.near, big).bytes == 1000);
  CHECK(Wire::write(*wire.near, big).state == IoState::kWouldBlock);
  wire.world.run_for(Millis(100));
  CHECK(Wire::write(*wire.near, big).state == IoState::kWouldBlock);
  Wire::read(*wire.far, got);
  CHECK(got.size() == 1000);
  CHECK(Wire::write(*wire.near, big).state == IoState::kOk);
}

TEST_CASE("f_net_01: a reset in a segment leaves a prefix of what was sent") {
  std::set<size_t> sizes;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Wire wire(seed, {.short_write_one_in = 0});
    wire.net.options().reset_one_in = 1;
    wire.send(*wire.near, "0123456789");
    wire.world.run_for(Millis(100));
    std::string got;
    CHECK(Wire::read(*wire.far, got) == IoState::kFailed);
    CHECK(std::string("0123456789").starts_with(got));
    CHECK(Wire::write(*wire.near, "x").state == IoState::kFailed);
    sizes.insert(got.size());
  }
  CHECK(sizes.size() > 5);
}

TEST_CASE("f_net_04: a black hole takes bytes and tells nobody") {
  Wire wire(1);
  REQUIRE(wire.net.black_hole_one("10.0.0.1"));
  wire.send(*wire.near, "hello");
  wire.near.reset();
  wire.world.run_for(Millis(100'000));
  std::string got;
  CHECK(Wire::read(*wire.far, got) == IoState::kWouldBlock);
  CHECK(got.empty());
}

TEST_CASE("f_net_06: one blocked direction stops; its bytes come after healing") {
  Wire wire(1);
  wire.net.block("10.0.1.1", "10.0.0.1");
  wire.send(*wire.near, "up");
  wire.send(*wire.far, "down");
  wire.world.run_for(Millis(10'000));
  std::string up, down;
  CHECK(Wire::read(*wire.far, up) == IoState::kWouldBlock);
  CHECK(up.empty());
  CHECK(Wire::read(*wire.near, down) == IoState::kWouldBlock);
  CHECK(down == "down");
  wire.net.heal();
  wire.world.run_for(Millis(1000));
  Wire::read(*wire.far, up);
  CHECK(up == "up");
}

TEST_CASE("nobody listens: the dialling end is told") {
  Wire wire(1);
  auto stream = std::move(*wire.client_nic->connect({"10.0.0.1", 9}));
  wire.world.run_for(Millis(100));
  std::string got;
  CHECK(Wire::read(*stream, got) == IoState::kFailed);
}

TEST_CASE("a killed program's peers hear of it; those of a dead machine when it is up again") {
  Wire killed(1);
  killed.net.program_killed("10.0.0.1");
  killed.world.run_for(Millis(100));
  std::string got;
  CHECK(Wire::read(*killed.near, got) != IoState::kWouldBlock);
  CHECK(Wire::read(*killed.far, got) == IoState::kFailed);  // inert

  Wire dead(1);
  dead.net.power_lost("10.0.0.1");
  dead.world.run_for(Millis(60'000));
  CHECK(Wire::read(*dead.near, got) == IoState::kWouldBlock);
  dead.send(*dead.near, "are you there");
  dead.world.run_for(Millis(60'000));
  CHECK(Wire::read(*dead.near, got) == IoState::kWouldBlock);
  dead.net.host_up("10.0.0.1");
  dead.world.run_for(Millis(2'000));
  CHECK(Wire::read(*dead.near, got) == IoState::kFailed);
}

TEST_CASE("bytes written behind unpaid disk calls die with the host") {
  Wire wire(1);
  wire.send(*wire.far, "paid ");
  wire.meter.spend(Millis(50));
  wire.send(*wire.far, "unpaid");
  wire.world.run_for(Millis(10));
  wire.net.power_lost("10.0.0.1");
  wire.world.run_for(Millis(1000));
  std::string got;
  Wire::read(*wire.near, got);
  CHECK(got == "paid ");
}

TEST_CASE("f_net_10: a failing accept leaves the connection waiting") {
  Wire wire(1);
  wire.net.options().accept_error_one_in = 1;
  auto second = wire.client_nic->connect({"10.0.0.1", 2181});
  wire.world.run_for(Millis(100));
  CHECK_FALSE(wire.listener->accept().ok());
  wire.net.options().accept_error_one_in = 0;
  auto accepted = wire.listener->accept();
  REQUIRE(accepted.ok());
  CHECK(*accepted != nullptr);
}

TEST_CASE("connections are forgotten when both ends are closed") {
  Wire wire(1);
  CHECK(wire.net.connections() == 1);
  wire.near.reset();
  wire.far.reset();
  wire.world.run_for(Millis(1000));
  CHECK(wire.net.connections() == 0);
}

}  // namespace
}  // namespace okapi::sim
