#include "server/election/cnx_policy.h"

#include <catch2/catch.hpp>

using namespace okapi;

namespace {

constexpr MonoTime kStart{Millis(1'000'000)};
using Inbound = CnxPolicy::Inbound;

SharedBytes message(const std::string& text) { return SharedBytes::copy_of(text); }

// Server 5 among 3, 7 (two addresses) and 8.
struct Desk {
  Desk() : policy(ServerId(5), {}) {
    policy.set_peers({{{ServerId(3), {{"three", 33}}},
                       {ServerId(7), {{"seven", 71}, {"seven-b", 72}}},
                       {ServerId(8), {{"eight", 88}}}}});
  }
  // The server ids that are dialled now.
  std::vector<int64_t> dials() {
    orders = policy.dials_due(now);
    std::vector<int64_t> out;
    for (const DialOrder& order : orders) out.push_back(order.sid.value());
    return out;
  }
  void fail(int64_t sid) { policy.dial_ended(ServerId(sid), now); }
  Inbound inbound(int64_t sid, std::vector<HostPort> addresses = {}) {
    return policy.on_inbound(ServerId(sid), addresses, "10.0.0.9", now).action;
  }
  CnxPolicy policy;
  std::vector<DialOrder> orders;
  MonoTime now = kStart;
};

using Sids = std::vector<int64_t>;

}  // namespace

TEST_CASE("servers are dialled when there is something for them, all at once, each once") {
  Desk desk;
  CHECK(desk.dials().empty());
  CHECK_FALSE(desk.policy.deadline());
  desk.policy.post(ServerId(3), message("a"));
  desk.policy.post(ServerId(8), message("a"));
  CHECK(desk.dials() == Sids{3, 8});
  CHECK(desk.orders[0].to == HostPort{"three", 33});
  CHECK(desk.dials().empty());
  desk.policy.post(ServerId(3), message("b"));
  CHECK(desk.dials().empty());  // under way
}

TEST_CASE("the larger id keeps what it dialled, the smaller one only knocks") {
  Desk desk;
  CHECK(desk.policy.keeps_dialled(ServerId(3)));
  CHECK_FALSE(desk.policy.keeps_dialled(ServerId(7)));
  CHECK(desk.inbound(7) == Inbound::kKeep);
  CHECK(desk.inbound(3) == Inbound::kDialBack);
}

TEST_CASE("zk_3756: a server that cannot be reached waits longer each time, alone") {
  Desk desk;
  desk.policy.post(ServerId(7), message("a"));
  Millis pause{100};
  for (int i = 0; i < 8; ++i) {
    REQUIRE(desk.dials() == Sids{7});
    CHECK(desk.orders[0].to.host == (i % 2 == 0 ? "seven" : "seven-b"));
    CHECK(desk.orders[0].attempt == static_cast<size_t>(i));
    desk.fail(7);
    CHECK(desk.policy.deadline() == desk.now + pause);
    desk.policy.post(ServerId(8), message("a"));
    CHECK(desk.dials() == (i == 0 ? Sids{8} : Sids{}));
    desk.now += pause - Millis(1);
    CHECK(desk.dials().empty());
    desk.now += Millis(1);
    pause = std::min(pause * 2, Millis(2'000));
  }
  // Once there was a link the pauses begin anew.
  desk.policy.link_up(ServerId(7));
  desk.policy.link_down(ServerId(7));
  CHECK(desk.dials() == Sids{7});
  desk.fail(7);
  CHECK(desk.policy.deadline() == desk.now + Millis(100));
}

TEST_CASE("one message waits per server, the newest; the last one sent goes again on a new link") {
  Desk desk;
  ServerId three(3);
  CHECK_FALSE(desk.policy.has_message(three));
  desk.policy.post(three, message("a"));
  desk.policy.post(three, message("b"));
  desk.policy.link_up(three);
  CHECK(desk.policy.take(three).view() == "b");
  CHECK_FALSE(desk.policy.has_message(three));
  desk.policy.link_down(three);
  CHECK(desk.dials().empty());  // nothing new to say: no dial
  desk.policy.link_up(three);
  REQUIRE(desk.policy.has_message(three));
  CHECK(desk.policy.take(three).view() == "b");
  desk.policy.link_down(three);
  desk.policy.post(three, message("c"));
  desk.policy.link_up(three);
  CHECK(desk.policy.take(three).view() == "c");
  CHECK_FALSE(desk.policy.has_message(three));
}

TEST_CASE("a smaller server that knocks is dialled back, soon even after failures, not in a loop") {
  Desk desk;
  desk.policy.post(ServerId(3), message("a"));
  for (int i = 0; i < 8; ++i) {
    desk.now = *desk.policy.deadline();
    desk.dials();
    desk.fail(3);
  }
  CHECK(desk.policy.deadline() == desk.now + Millis(2'000));
  CHECK(desk.inbound(3) == Inbound::kDialBack);
  CHECK(desk.policy.deadline() == desk.now + Millis(100));  // since it was dialled last
  desk.now += Millis(100);
  CHECK(desk.dials() == Sids{3});
  // It knocks while we dial: once more after that, if no link came of it.
  CHECK(desk.inbound(3) == Inbound::kDialBack);
  CHECK(desk.dials().empty());
  desk.fail(3);
  desk.now += Millis(100);
  CHECK(desk.dials() == Sids{3});
  desk.fail(3);
  desk.policy.link_up(ServerId(3));
  CHECK(desk.dials().empty());
}

TEST_CASE("s_17: an address in an initial message is dialled only if it is the sender's own") {
  Desk desk;
  desk.inbound(3, {{"victim", 80}, {"10.0.0.9", 4000}});
  CHECK(desk.dials() == Sids{3});
  CHECK(desk.orders[0].to == HostPort{"10.0.0.9", 4000});
  Desk other;
  other.inbound(3, {{"victim", 80}});
  CHECK(other.dials() == Sids{3});
  CHECK(other.orders[0].to == HostPort{"three", 33});
}

TEST_CASE("x_ele_04: a connection in our own name is refused") {
  Desk desk;
  auto decision = desk.policy.on_inbound(ServerId(5), {}, "10.0.0.9", desk.now);
  CHECK(decision.action == Inbound::kRefuse);
  CHECK(decision.why);
}

TEST_CASE("x_ele_05: servers that nobody knows have ten links in all, and members any number") {
  Desk desk;
  for (int64_t sid = 100; sid < 110; ++sid) {
    CHECK(desk.inbound(sid) == Inbound::kKeep);
    desk.policy.link_up(ServerId(sid));
  }
  CHECK(desk.inbound(110) == Inbound::kRefuse);
  CHECK(desk.inbound(-1, {{"10.0.0.9", 1}}) == Inbound::kRefuse);
  CHECK(desk.inbound(100) == Inbound::kKeep);  // the same one again
  CHECK(desk.inbound(7) == Inbound::kKeep);
  desk.policy.link_down(ServerId(100));
  CHECK(desk.inbound(110) == Inbound::kKeep);
}

TEST_CASE("x_ele_05: a smaller stranger is dialled back once, at its own address, or refused") {
  Desk desk;
  CHECK(desk.inbound(2) == Inbound::kRefuse);
  CHECK(desk.inbound(2, {{"victim", 80}}) == Inbound::kRefuse);
  CHECK(desk.inbound(2, {{"10.0.0.9", 4000}}) == Inbound::kDialBack);
  CHECK(desk.dials() == Sids{2});
  desk.fail(2);
  desk.now += Millis(60'000);
  CHECK(desk.dials().empty());
  desk.policy.post(ServerId(2), message("a"));  // an answer that comes too late
  CHECK_FALSE(desk.policy.has_message(ServerId(2)));
}

TEST_CASE("who leaves the configuration is not dialled any more, who joins is") {
  Desk desk;
  desk.policy.post(ServerId(8), message("a"));
  desk.policy.set_peers({{{ServerId(9), {{"nine", 99}}}}});
  CHECK(desk.dials().empty());
  desk.policy.post(ServerId(8), message("a"));
  desk.policy.post(ServerId(9), message("a"));
  CHECK(desk.dials() == Sids{9});
}
