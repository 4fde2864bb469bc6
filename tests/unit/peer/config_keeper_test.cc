#include "server/peer/config_keeper.h"

#include <catch2/catch.hpp>

#include "common/env/small_file.h"
#include "tests/support/fake_env.h"

using namespace okapi;

namespace {

SharedQuorumConfig config_of(const std::string& text) {
  auto config = QuorumConfig::parse(text, {});
  REQUIRE(config.ok());
  return std::make_shared<const QuorumConfig>(std::move(*config));
}

std::string line(int sid, int election = 2, const std::string& client = ";10.0.0.9:3") {
  std::string n = std::to_string(sid);
  return "server." + n + "=10.0.0." + n + ":1:" + std::to_string(election) + ":participant" +
         client + "\n";
}

// Server 1 of three, whose config file is /etc/zoo.cfg.
struct World {
  World() {
    REQUIRE(env.disk().make_directories("/etc").ok());
    REQUIRE(replace_file(env.disk(), "/etc", "zoo.cfg", "tickTime=9\nserver.1=x\n").ok());
    settings.file = "zoo.cfg";
    settings.server_id = 1;
    settings.request.reconfig_enabled = true;
    settings.client.address = HostPort{"10.0.0.9", 3};
    settings.quorum.members = config_of(line(1) + line(2) + line(3) + "version=0");
    keeper.emplace(env.disk(), env.log(), settings, "/etc");
  }
  std::string file(const std::string& name) {
    auto text = read_small_file(env.disk(), "/etc/" + name, 10'000);
    return text.ok() ? *text : "none";
  }
  void activate(const std::string& text) { keeper->activate(config_of(text)); }

  FakeEnv env;
  ServerConfig settings;
  std::optional<ConfigKeeper> keeper;
};

}  // namespace

TEST_CASE("what_is_proposed_and_what_is_in_use_are_in_files_beside_the_config_file") {
  World w;
  CHECK(w.file("zoo.cfg.bak") == "tickTime=9\nserver.1=x\n");
  w.keeper->store_next(config_of(line(1) + line(2) + "version=5"));
  CHECK(w.file("zoo.cfg.dynamic.next").ends_with("version=5"));
  CHECK(w.keeper->last_seen()->version() == 5);
  w.activate(line(1) + line(2) + "version=5");
  CHECK(w.keeper->last_seen() == nullptr);
  CHECK(w.file("zoo.cfg.dynamic.next") == "none");
  CHECK(w.file("zoo.cfg.dynamic.5") + "\n" == line(1) + line(2));
  CHECK(w.file("zoo.cfg") == "tickTime=9\ndynamicConfigFile=/etc/zoo.cfg.dynamic.5\n");
  w.activate(line(3) + "version=4");
  CHECK(w.keeper->current()->version() == 5);
}

TEST_CASE("a_proposal_that_the_leader_s_history_has_not_is_void") {
  World w;
  w.keeper->store_next(config_of(line(1) + "version=5"));
  w.keeper->take_changed();
  w.keeper->void_next(*config_of(line(1) + "version=5"));
  CHECK_FALSE(w.keeper->take_changed());
  w.keeper->void_next(*config_of(line(1) + "version=4"));
  CHECK(w.keeper->take_changed());
  CHECK(w.keeper->last_seen() == nullptr);
  CHECK(w.file("zoo.cfg.dynamic.next") == "none");
}

TEST_CASE("quorum_cnx_hears_of_old_and_new_members_and_of_the_own_address") {
  World w;
  w.keeper->take_changed();
  w.keeper->store_next(config_of(line(1, 7) + line(2) + line(4) + "version=5"));
  CHECK(w.keeper->take_changed());
  CnxPeers peers = w.keeper->peers();
  CHECK(peers.addresses.size() == 3);
  CHECK(peers.addresses.at(ServerId(4)) == std::vector<HostPort>{{"10.0.0.4", 2}});
  CHECK(peers.own == std::vector<HostPort>{{"10.0.0.1", 2}});  // until it is in use
  w.activate(line(1, 7) + line(2) + line(4) + "version=5");
  CHECK(w.keeper->peers().own == std::vector<HostPort>{{"10.0.0.1", 7}});
  w.activate(line(2) + line(4) + "version=6");
  CHECK(w.keeper->peers().own.empty());
  CHECK(w.keeper->peers().addresses.size() == 2);
}

TEST_CASE("the_client_address_moves_when_the_own_line_names_another_one") {
  World w;
  auto moves = [&](const std::string& client, int version) {
    w.activate(line(1, 2, client) + line(2) + "version=" + std::to_string(version));
    auto to = w.keeper->take_client_address();
    CHECK_FALSE(w.keeper->take_client_address().has_value());
    return to;
  };
  CHECK_FALSE(moves(";10.0.0.9:3", 1).has_value());
  CHECK(moves(";10.0.0.9:4", 2) == HostPort{"10.0.0.9", 4});
  CHECK(moves(";4", 3) == HostPort{"0.0.0.0", 4});
  CHECK_FALSE(moves(";[::]:4", 4).has_value());
  CHECK_FALSE(moves("", 5).has_value());  // where the static file says
  w.activate(line(2, 2) + "version=6");
  CHECK_FALSE(w.keeper->take_client_address().has_value());
}
