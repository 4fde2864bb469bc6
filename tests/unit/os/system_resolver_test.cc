// Lookups that are slow, many, or nobody's any more; the system's own names.
#include "common/os/system_resolver.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/os/probe_stage.h"

using namespace okapi;

namespace {

struct Replies {
  struct SilentBell final : Bell {
    void ring(bool) override {}
  };
  Replies() { box.attach(bell); }
  // The next `count` answers, or fewer if they do not come in time.
  std::vector<NameLookup> take(size_t count) {
    std::vector<NameLookup> out;
    eventually([&] {
      box.drain(out);
      return out.size() >= count;
    });
    return out;
  }
  bool empty() const { return box.size() == 0; }

  SilentBell bell;
  Mailbox<NameLookup> box;
};

// Names that begin with "slow" are answered when the gate opens.
struct Gate {
  ~Gate() { open(); }
  SystemResolver::Query query() {
    return [inner = inner_](const std::string& host) {
      ++inner->asked;
      if (host.starts_with("slow")) inner->open.wait(false);
      ++inner->answered;
      return std::vector<std::string>{"10.0.0." + std::to_string(host.size())};
    };
  }
  void open() {
    inner_->open = true;
    inner_->open.notify_all();
  }
  int asked() const { return inner_->asked; }
  int answered() const { return inner_->answered; }

 private:
  struct Inner {
    std::atomic<bool> open{false};
    std::atomic<int> asked{0}, answered{0};
  };
  std::shared_ptr<Inner> inner_ = std::make_shared<Inner>();
};

}  // namespace

TEST_CASE("an address is its own answer, before the call returns") {
  SystemResolver resolver;
  Replies replies;
  for (const char* ip : {"127.0.0.1", "::1", "192.0.2.7"}) {
    resolver.look_up(ip, 5, replies.box);
    std::vector<NameLookup> found;
    REQUIRE(replies.box.drain(found));
    CHECK(found[0].ticket == 5);
    CHECK(found[0].ips == std::vector<std::string>{ip});
  }
}

TEST_CASE("the system's names: localhost, IPv4 first, and one that does not exist") {
  SystemResolver resolver;
  Replies replies;
  resolver.look_up("localhost", 1, replies.box);
  auto local = replies.take(1);
  REQUIRE(local.size() == 1);
  REQUIRE_FALSE(local[0].ips.empty());
  CHECK(local[0].ips[0] == "127.0.0.1");
  resolver.look_up("", 2, replies.box);
  auto none = replies.take(1);
  REQUIRE(none.size() == 1);
  CHECK(none[0].ticket == 2);
  CHECK(none[0].ips.empty());
}

TEST_CASE("addresses come in the order of a Java server, and not more than a bounded number") {
  std::vector<std::string> many = {"::1", "fe80::1", "10.0.0.2", "10.0.0.1"};
  SystemResolver resolver([&](const std::string& host) {
    return host == "few" ? many : std::vector<std::string>(1'000, "10.0.0.9");
  });
  Replies replies;
  resolver.look_up("few", 1, replies.box);
  auto few = replies.take(1);
  REQUIRE(few.size() == 1);
  CHECK(few[0].ips == std::vector<std::string>{"10.0.0.2", "10.0.0.1", "::1", "fe80::1"});
  resolver.look_up("crowd", 2, replies.box);
  auto crowd = replies.take(1);
  REQUIRE(crowd.size() == 1);
  CHECK(crowd[0].ips.size() == SystemResolver::kAddressesMax);
}

TEST_CASE("a slow name delays no other; lookups of one name share one question") {
  Gate gate;
  SystemResolver resolver(gate.query());
  Replies replies;
  for (uint64_t ticket = 1; ticket <= 3; ++ticket) resolver.look_up("slow", ticket, replies.box);
  resolver.look_up("quick", 4, replies.box);
  auto quick = replies.take(1);
  REQUIRE(quick.size() == 1);
  CHECK(quick[0].ticket == 4);
  CHECK(quick[0].ips == std::vector<std::string>{"10.0.0.5"});
  CHECK(eventually([&] { return gate.asked() == 2; }));
  gate.open();
  auto slow = replies.take(3);
  REQUIRE(slow.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(slow[i].ticket == i + 1);
  CHECK(gate.asked() == 2);
}

TEST_CASE("names at once, and lookups of one name, are bounded; one too many is told at once") {
  Gate gate;
  SystemResolver resolver(gate.query());
  Replies replies;
  for (size_t i = 0; i < SystemResolver::kNamesMax; ++i) {
    resolver.look_up("slow" + std::to_string(i), i, replies.box);
  }
  CHECK(replies.empty());
  resolver.look_up("one more", 1'000, replies.box);
  auto refused = replies.take(1);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].ticket == 1'000);
  CHECK(refused[0].ips.empty());
  // Those of a name under way are still taken, up to their own bound.
  for (size_t i = 1; i < SystemResolver::kLookupsPerNameMax; ++i) {
    resolver.look_up("slow0", i, replies.box);
  }
  CHECK(replies.empty());
  resolver.look_up("slow0", 2'000, replies.box);
  CHECK(replies.take(1).size() == 1);
  gate.open();
  size_t owed = SystemResolver::kNamesMax + SystemResolver::kLookupsPerNameMax - 1;
  CHECK(replies.take(owed).size() == owed);
  // There is room again.
  resolver.look_up("one more", 3'000, replies.box);
  auto taken = replies.take(1);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].ips.size() == 1);
}

TEST_CASE("who is forgotten is told nothing, others are; a resolver may go while names are asked") {
  Gate gate;
  auto resolver = std::make_unique<SystemResolver>(gate.query());
  Replies kept;
  {
    Replies gone;
    resolver->look_up("slow", 1, gone.box);
    resolver->look_up("slow", 2, kept.box);
    resolver->look_up("slower", 3, gone.box);
    resolver->forget(gone.box);
  }
  gate.open();
  auto found = kept.take(1);
  REQUIRE(found.size() == 1);
  CHECK(found[0].ticket == 2);

  Gate second;
  resolver = std::make_unique<SystemResolver>(second.query());
  Replies never;
  resolver->look_up("slow", 4, never.box);
  CHECK(eventually([&] { return second.asked() == 1; }));
  resolver.reset();
  second.open();
  CHECK(eventually([&] { return second.answered() == 1; }));
  CHECK(never.empty());
}
