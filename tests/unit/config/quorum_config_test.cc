#include "server/config/quorum_config.h"

#include <catch2/catch.hpp>

#include "server/config/quorum_tracker.h"

namespace okapi {
namespace {

QuorumConfig config_of(const std::string& text, const MembershipRules& rules = {}) {
  auto config = QuorumConfig::parse(text, rules);
  INFO((config.ok() ? "" : config.error().text));
  REQUIRE(config.ok());
  return *config;
}

std::string error_of(const std::string& text, const MembershipRules& rules = {}) {
  auto config = QuorumConfig::parse(text, rules);
  return config.ok() ? "" : config.error().text;
}

std::set<ServerId> sids(std::initializer_list<int64_t> values) {
  std::set<ServerId> out;
  for (int64_t value : values) out.insert(ServerId(value));
  return out;
}

const std::string kThree =
    "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer\n";

TEST_CASE("a membership knows its voters, observers and version") {
  QuorumConfig config = config_of(kThree + "version=100000000");
  CHECK(config.version() == 0x100000000);
  CHECK(config.members().size() == 4);
  CHECK(config.voters() == std::vector{ServerId(1), ServerId(2), ServerId(3)});
  CHECK(config.is_voter(ServerId(3)));
  CHECK_FALSE(config.is_voter(ServerId(4)));
  CHECK(config.is_observer(ServerId(4)));
  CHECK_FALSE(config.is_observer(ServerId(1)));
  CHECK_FALSE(config.is_observer(ServerId(9)));
  CHECK(config.find(ServerId(9)) == nullptr);
  CHECK(config.find(ServerId(2))->addresses == std::vector<PeerAddress>{{"b", 1, 2}});
  CHECK(config.with_version(7).version() == 7);
}

TEST_CASE("a majority counts voters only") {
  QuorumConfig config = config_of(kThree);
  CHECK_FALSE(config.contains_quorum({}));
  CHECK_FALSE(config.contains_quorum(sids({1})));
  CHECK(config.contains_quorum(sids({1, 3})));
  // The observer and a stranger are filtered out.
  CHECK_FALSE(config.contains_quorum(sids({1, 4, 9})));
  CHECK(config.weight(ServerId(1)) == 1);
  CHECK(config.weight(ServerId(9)) == 1);
  // Half is no majority.
  QuorumConfig four = config_of("server.1=a:1:2\nserver.2=a:3:4\nserver.3=a:5:6\nserver.4=a:7:8");
  CHECK_FALSE(four.contains_quorum(sids({1, 2})));
  CHECK(four.contains_quorum(sids({1, 2, 4})));
  CHECK_FALSE(QuorumConfig({}, 0).contains_quorum({}));
}

const std::string kNine =
    "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2\n"
    "server.6=f:1:2\nserver.7=g:1:2\ngroup.1=1:2:3\ngroup.2=4:5:6\ngroup.3=7\n";

TEST_CASE("hierarchical quorums need most groups, each by weight") {
  QuorumConfig config = config_of(kNine + "weight.1=3\nweight.7=0\n");
  // Group 3 weighs nothing and does not count, so both others are needed; 1 alone outweighs 2
  // and 3.
  CHECK(config.contains_quorum(sids({1, 4, 5})));
  CHECK_FALSE(config.contains_quorum(sids({2, 3, 4, 5})));
  CHECK_FALSE(config.contains_quorum(sids({1, 2, 3, 7})));
  CHECK_FALSE(config.contains_quorum(sids({1, 4})));
  CHECK_FALSE(config.contains_quorum({}));
  CHECK(config.weight(ServerId(1)) == 3);
  CHECK(config.weight(ServerId(2)) == 1);
  CHECK(config.weight(ServerId(9)) == 0);
  // Three groups that count: two are most of them.
  QuorumConfig three = config_of(kNine);
  CHECK(three.contains_quorum(sids({1, 2, 7})));
  CHECK_FALSE(three.contains_quorum(sids({1, 2, 3})));
  // Of two groups only one counts: it is enough alone.
  QuorumConfig one = config_of(
      "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2\ngroup.2=3\nweight.3=0");
  CHECK(one.contains_quorum(sids({1, 2})));
  CHECK_FALSE(one.contains_quorum(sids({1, 3})));
  // Nothing weighs anything: never a quorum.
  QuorumConfig nothing =
      config_of("server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\nweight.1=0\nweight.2=0");
  CHECK_FALSE(nothing.contains_quorum(sids({1, 2})));
}

TEST_CASE("an observer in a group has weight but no voice") {
  QuorumConfig config = config_of(
      "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer\ngroup.1=1:2:3\nweight.3=2\n");
  CHECK_FALSE(config.contains_quorum(sids({1, 3})));
  CHECK_FALSE(config.contains_quorum(sids({1, 2})));
}

TEST_CASE("faults in groups and weights") {
  const std::string two = "server.1=a:1:2\nserver.2=b:1:2\n";
  CHECK(error_of(two + "group.1=1") == "Server 2is not in a group");
  CHECK(error_of(two + "weight.1=1") == "Server 1is not in a group");
  CHECK(error_of(two + "group.1=1:2\ngroup.2=2") ==
        "line 4: group.2=2: Server 2is in multiple groups");
  CHECK(error_of(two + "group.1=1:2:5") ==
        "Server 5 is in a group, but neither votes nor has a weight");
  CHECK(error_of(two + "group.1=1:2\nweight.1=-1") ==
        "weight of server 1 is not within 0 and 2147483647");
  CHECK(error_of(two + "group.1=1:2\nweight.1=2147483648") ==
        "weight of server 1 is not within 0 and 2147483647");
  CHECK(error_of(two + "group.1=1:2\nweight.1=2147483647").empty());
  CHECK(error_of(two + "group.1=1:x") == "line 3: group.1=1:x: For input string: \"x\"");
  CHECK(error_of(two + "group=1:2") == "line 3: group=1:2: For input string: \"group\"");
  CHECK(error_of(two + "group.1=1\ngroup.01=2") == "line 4: group.01=2: group named twice");
  CHECK(error_of(two + "weight.1=1\nweight.01=2") == "line 4: weight.01=2: weight named twice");
  CHECK(error_of(two + "weight.1=one") == "line 3: weight.1=one: For input string: \"one\"");
}

TEST_CASE("faults in a text name the line") {
  CHECK(error_of("server.1=a:1:2\nserver.2=b:1").starts_with("line 2: server.2=b:1: b:1 does not"));
  CHECK(error_of("\ntickTime=1") == "line 2: Unrecognised parameter: tickTime");
  CHECK(error_of("server.1=a:1:2\nserver.01=b:1:2") ==
        "line 2: server.01=b:1:2: server named twice");
  CHECK(error_of("version=xyz") == "line 1: version=xyz: For input string: \"xyz\"");
  CHECK(error_of("version=-1") == "line 1: version=-1: For input string: \"-1\"");
  CHECK(error_of("server.1=\\u00") == "line 1: Malformed \\uxxxx encoding.");
  CHECK(error_of("server.1=a:1:2:observer") ==
        "Observers w/o participants is an invalid configuration");
  CHECK(error_of("server.1=a:1:2:observer\nserver.2=a:3:4") ==
        "Observers w/o quorum is an invalid configuration");
  CHECK(error_of("version=1", {.standalone_enabled = false}) ==
        "standaloneEnabled = false then number of participants should be >0");
  CHECK(error_of("server.1=a:1:2|b:1:2").ends_with("multiple addresses were specified for sid 1"));
  CHECK(error_of("server.1=a:1:2|b:1:2", {.multi_address_enabled = true}).empty());
  // Of a key that is there twice the last line counts.
  CHECK(config_of("server.1=a:1:1\nserver.1=b:1:2").find(ServerId(1))->addresses[0].host == "b");
  // What the reference throws decides what a reconfig answers.
  CHECK(QuorumConfig::parse("server.x=a:1:2", {}).error().kind == ErrorKind::kCorrupt);
  CHECK(QuorumConfig::parse("server.1=a:1", {}).error().kind == ErrorKind::kInvalid);
}

TEST_CASE("a text has a longest length") {
  std::string text = "server.1=a:1:2\nserver.2=a:3:4\n#";
  text.resize(QuorumConfig::kTextBytesMax, 'x');
  CHECK(error_of(text).empty());
  CHECK(error_of(text + "x") == "a membership of 524289 bytes");
}

TEST_CASE("texts are those of the reference") {
  // Recorded from QuorumMaj and QuorumHierarchical 3.8.0.
  CHECK(config_of("server.1=[::1]:1:2;2181\nserver.2=:3:4:observer;[2001:db8::5]:7\n"
                  "server.3=127.0.0.1:5:6;:9\nserver.5=[::ffff:1.2.3.4]:5:6\n"
                  "server.6=[::]:5:6\nserver.7=localhost:5:6;\nserver.8=LOCALhost:5:6:OBSERVER\n"
                  "version=1f")
            .text() ==
        "server.1=[0:0:0:0:0:0:0:1]:1:2:participant;0.0.0.0:2181\n"
        "server.2=localhost:3:4:observer;[2001:db8:0:0:0:0:0:5]:7\n"
        "server.3=127.0.0.1:5:6:participant;localhost:9\n"
        "server.5=1.2.3.4:5:6:participant\n"
        "server.6=[0:0:0:0:0:0:0:0]:5:6:participant\n"
        "server.7=localhost:5:6:participant\n"
        "server.8=LOCALhost:5:6:observer\n"
        "version=1f");
  CHECK(config_of("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer\n"
                  "server.5=d:1:2\ngroup.1=3:1\ngroup.20=2:5\nweight.2=3\nweight.4=9\nversion=5")
            .text() ==
        "server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.3=c:1:2:participant\n"
        "server.4=d:1:2:observer\nserver.5=d:1:2:participant\ngroup.1=1:3\ngroup.20=2:5\n"
        "weight.1=1\nweight.2=3\nweight.3=1\nweight.4=9\nweight.5=1\nversion=5");
  CHECK(config_of("server.1=a:1:3|a:1:2\nserver.2=b:2:3|a:5:4;5\n", {.multi_address_enabled = true})
            .text()
            .ends_with("server.2=a:5:4|b:2:3:participant;0.0.0.0:5\nversion=0"));
  // The order of a HashMap: 100 goes to slot 4 of 16, -1 to slot 0; 30 members have 64 slots.
  CHECK(config_of(
            "server.1=a:1:2\nserver.2=d:1:2\nserver.-1=e:1:2\nserver.100=f:1:2\nserver.21=g:1:2\n"
            "version=7fffffffffffffff")
            .text() ==
        "server.-1=e:1:2:participant\nserver.1=a:1:2:participant\nserver.2=d:1:2:participant\n"
        "server.100=f:1:2:participant\nserver.21=g:1:2:participant\nversion=7fffffffffffffff");
  std::string many;
  for (int i = 1; i <= 30; ++i) {
    many += "server." + std::to_string(i * 7) + "=h" + std::to_string(i) + ":1:2\n";
  }
  CHECK(config_of(many).text().starts_with(
      "server.196=h28:1:2:participant\nserver.133=h19:1:2:participant\n"
      "server.70=h10:1:2:participant\nserver.7=h1:1:2:participant\n"));
}

TEST_CASE("a text reads back as the same membership") {
  for (const std::string& text : {kThree, kNine + "weight.1=3\nweight.7=0\n"}) {
    QuorumConfig config = config_of(text).with_version(0x300000001);
    QuorumConfig again = config_of(config.text());
    CHECK(again.version() == config.version());
    CHECK(again.members() == config.members());
    CHECK(again.with_version(0).same_members(config));
  }
}

TEST_CASE("equality goes by version, then by members") {
  QuorumConfig config = config_of("server.1=a:1:2;9\nserver.2=b:1:2\n");
  auto same = [&](const std::string& text) {
    return config_of(text + "\nversion=5").same_members(config);
  };
  CHECK(same("server.2=B:1:2\nserver.1=a:1:2;9"));
  CHECK_FALSE(same("server.1=a:1:2;9"));
  CHECK_FALSE(same("server.1=a:1:2;9\nserver.3=b:1:2"));
  CHECK_FALSE(same("server.1=a:1:2;8\nserver.2=b:1:2"));
  CHECK_FALSE(same("server.1=a:1:2\nserver.2=b:1:2"));
  CHECK_FALSE(same("server.1=a:1:3;9\nserver.2=b:1:2"));
  CHECK_FALSE(same("server.1=a:3:2;9\nserver.2=b:1:2"));
  CHECK_FALSE(same("server.1=a:1:2;9\nserver.2=b:1:2\nserver.3=c:1:2:observer"));
  // Unequal, but of the same version.
  CHECK(config_of("server.1=x:1:2\nserver.2=y:1:2").same_members(config));
  // Groups count too, and no majority equals a hierarchy.
  CHECK_FALSE(config_of("server.1=a:1:2;9\nserver.2=b:1:2\ngroup.1=1:2").same_members(config));
  QuorumConfig grouped = config_of("server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2");
  const std::string two = "server.1=a:1:2\nserver.2=b:1:2\nversion=1\n";
  CHECK(config_of(two + "group.1=2:1\nweight.1=1").same_members(grouped));
  CHECK_FALSE(config_of(two + "group.1=1\ngroup.2=2").same_members(grouped));
  CHECK_FALSE(config_of(two + "group.1=1:2\nweight.1=2").same_members(grouped));
}

TEST_CASE("a client address from the static file is not printed, but compared") {
  QuorumConfig config = config_of("server.1=a:1:2\nserver.2=b:1:2");
  QuorumConfig mine = config.with_static_client(ServerId(1), HostPort{"0.0.0.0", 2181});
  CHECK(mine.text() == config.text());
  CHECK(mine.find(ServerId(1))->client == HostPort{"0.0.0.0", 2181});
  CHECK_FALSE(mine.with_version(1).same_members(config));
  CHECK(mine.with_version(1).same_members(config_of("server.1=a:1:2;2181\nserver.2=b:1:2")));
}

TEST_CASE("addresses that two servers share") {
  auto shared = [](const std::string& a, const std::string& b) {
    QuorumConfig config = config_of("server.1=" + a + "\nserver.2=" + b);
    return shared_address(*config.find(ServerId(1)), *config.find(ServerId(2))).has_value();
  };
  CHECK(shared("a:1:2", "A:2:3"));
  CHECK(shared("a:1:2;a:7", "a:7:8"));
  CHECK_FALSE(shared("a:1:2", "b:1:2"));
  CHECK_FALSE(shared("a:1:2", "a:3:4"));
  CHECK_FALSE(shared("127.0.0.2:1:2", "127.0.0.2:1:2"));
  CHECK_FALSE(shared("[::1]:1:2", "[0:0::1]:1:2"));
  CHECK_FALSE(shared("localhost:1:2", "localhost:1:2"));
  CHECK_FALSE(shared("a:1:2;2181", "b:1:2;2181"));
  CHECK(shared("[2001:db8::1]:1:2", "[2001:DB8:0::1]:1:2"));
}

TEST_CASE("a tracker counts against one configuration or two") {
  auto old_config = std::make_shared<const QuorumConfig>(config_of(kThree + "version=5"));
  auto new_config = std::make_shared<const QuorumConfig>(
      config_of("server.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2\nversion=6"));
  QuorumTracker one(old_config);
  CHECK_FALSE(one.has_all_quorums());
  CHECK(one.add(ServerId(1)));
  CHECK(one.add(ServerId(1)));
  CHECK_FALSE(one.add(ServerId(4)));
  CHECK_FALSE(one.has_all_quorums());
  CHECK(one.add(ServerId(2)));
  CHECK(one.has_all_quorums());

  QuorumTracker two(old_config, new_config);
  CHECK(two.add(ServerId(1)));
  CHECK(two.add(ServerId(2)));
  CHECK_FALSE(two.has_all_quorums());
  CHECK(two.add(ServerId(4)));
  CHECK_FALSE(two.has_all_quorums());
  CHECK(two.add(ServerId(3)));
  CHECK(two.has_all_quorums());
  CHECK(two.acks_of_last() == sids({3, 4}));
  CHECK(two.votes_in_all(ServerId(3)));
  CHECK_FALSE(two.votes_in_all(ServerId(1)));

  // An older or equal one was settled long ago.
  QuorumTracker settled(new_config, old_config);
  CHECK_FALSE(settled.add(ServerId(1)));
  QuorumTracker none(new_config, nullptr);
  CHECK_FALSE(none.votes_in_all(ServerId(1)));
}

}  // namespace
}  // namespace okapi
