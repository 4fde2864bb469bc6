// Names of the simulated world.
#include "tests/sim/sim_resolver.h"

#include <catch2/catch.hpp>

namespace okapi::sim {
namespace {

struct Names {
  explicit Names(uint64_t seed = 1)
      : world(seed), meter(world), net(world, {}), resolver(net.add_host("10.0.0.1", meter)) {
    net.names().ips["two"] = {"10.0.0.2", "10.0.0.3"};
    net.names().silent.insert("silence");
    box.attach(bell);
  }
  std::vector<NameLookup> found() {
    std::vector<NameLookup> out;
    box.drain(out);
    return out;
  }
  struct SilentBell final : Bell {
    void ring(bool) override {}
  };
  SimWorld world;
  CostMeter meter;
  SimNet net;
  SimResolver resolver;
  SilentBell bell;
  Mailbox<NameLookup> box;
};

TEST_CASE("an address is answered at once, a name later, an unknown one with nothing") {
  Names names;
  names.resolver.look_up("two", 1, names.box);
  CHECK(names.found().empty());
  names.resolver.look_up("10.0.0.9", 2, names.box);
  auto numeric = names.found();
  REQUIRE(numeric.size() == 1);
  CHECK(numeric[0].ticket == 2);
  CHECK(numeric[0].ips == std::vector<std::string>{"10.0.0.9"});
  names.world.run_for(names.net.options().lookup_max);
  auto named = names.found();
  REQUIRE(named.size() == 1);
  CHECK(named[0].ips == std::vector<std::string>{"10.0.0.2", "10.0.0.3"});
  names.resolver.look_up("nobody", 3, names.box);
  names.world.run_for(names.net.options().lookup_max);
  auto unknown = names.found();
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].ips.empty());
}

TEST_CASE("of a silent name nothing is heard, and who is forgotten hears nothing") {
  Names names;
  names.resolver.look_up("silence", 1, names.box);
  names.resolver.look_up("two", 2, names.box);
  names.resolver.forget(names.box);
  names.world.run_for(Millis(100'000));
  CHECK(names.found().empty());
}

}  // namespace
}  // namespace okapi::sim
