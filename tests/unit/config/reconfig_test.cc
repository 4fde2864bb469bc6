#include "server/config/reconfig.h"

#include <catch2/catch.hpp>

namespace okapi {
namespace {

QuorumConfig config_of(const std::string& text) {
  auto config = QuorumConfig::parse(text, {});
  INFO((config.ok() ? "" : config.error().text));
  REQUIRE(config.ok());
  return *config;
}

// What the recordings began with: three voters on loopback.
const std::string kThree =
    "server.1=127.0.0.1:1:2:participant;127.0.0.1:11\n"
    "server.2=127.0.0.1:3:4:participant;127.0.0.1:12\n"
    "server.3=127.0.0.1:5:6:participant;127.0.0.1:13\n";
constexpr int64_t kVersion = 0x100000002;
constexpr Zxid kZxid(0x100000007);

ReconfigRequest request_of(NullableView joining, NullableView leaving, NullableView bulk,
                           int64_t config_id = -1) {
  ReconfigRequest request;
  request.joining_servers = joining;
  request.leaving_servers = leaving;
  request.new_members = bulk;
  request.current_config_id = config_id;
  return request;
}

ReconfigPlan plan(const ReconfigRequest& request, const std::string& from = kThree,
                  const MembershipRules& rules = {}) {
  QuorumConfig config = config_of(from).with_version(kVersion);
  return plan_reconfig(request, config, config, rules, kZxid);
}

ReconfigPlan joining(const char* list, const MembershipRules& rules = {}) {
  return plan(request_of(list, {}, {}), kThree, rules);
}
ReconfigPlan leaving(const char* list, const MembershipRules& rules = {}) {
  return plan(request_of({}, list, {}), kThree, rules);
}
ReconfigPlan bulk(const char* list, const MembershipRules& rules = {}) {
  return plan(request_of({}, {}, list), kThree, rules);
}

std::string text_of(const ReconfigPlan& made) {
  INFO(made.why);
  REQUIRE(made.error == ErrorCode::kOk);
  return made.config->text();
}

const std::string kVersionLine = "version=100000007";

TEST_CASE("joining and leaving servers, as recorded from 3.8.0") {
  CHECK(text_of(joining("server.4=10.0.0.1:1:2;3")) ==
        kThree + "server.4=10.0.0.1:1:2:participant;0.0.0.0:3\n" + kVersionLine);
  CHECK(text_of(joining(",")) == kThree + kVersionLine);
  CHECK(text_of(leaving("77")) == kThree + kVersionLine);
  CHECK(text_of(leaving("-1")) == kThree + kVersionLine);
  CHECK(text_of(joining("server.4=0.0.0.0:1:2;3,server.5=0.0.0.0:1:2;3"))
            .ends_with("server.5=0.0.0.0:1:2:participant;0.0.0.0:3\n" + kVersionLine));
  CHECK(plan(request_of({}, {}, {}, kVersion)).config->version() == kZxid.value());

  CHECK(joining("server.4=10.0.0.1:1:2").error == ErrorCode::kBadArguments);
  CHECK(joining("server.4=10.0.0.1:1:2;a:b:3").error == ErrorCode::kBadArguments);
  CHECK(joining("server.x=10.0.0.1:1:2;3").error == ErrorCode::kMarshallingError);
  CHECK(joining("server.4=10.0.0.1:1:1;3").error == ErrorCode::kBadArguments);
  CHECK(joining("server.4=10.0.0.1:1:70000;3").error == ErrorCode::kMarshallingError);
  CHECK(joining("bogus").error == ErrorCode::kBadArguments);
  CHECK(joining("a=b=c").error == ErrorCode::kBadArguments);
  CHECK(joining("server.4=10.0.0.1:1:2;3,server.5=10.0.0.1:2:9;4").error ==
        ErrorCode::kBadArguments);
  CHECK(leaving("x").error == ErrorCode::kMarshallingError);
  CHECK(leaving("2,3").error == ErrorCode::kBadArguments);
  CHECK(leaving("2,1,3").error == ErrorCode::kBadArguments);
}

TEST_CASE("bulk lists, as recorded from 3.8.0") {
  CHECK(bulk("server.1=a:1:2:observer").error == ErrorCode::kMarshallingError);
  CHECK(bulk("foo=bar").error == ErrorCode::kBadArguments);
  CHECK(bulk("server.1=a:1:2").error == ErrorCode::kBadArguments);
  CHECK(bulk("server.1=a:1:2,server.2=b").error == ErrorCode::kBadArguments);
  CHECK(bulk("server.x=a:1:2,server.2=b:1:2").error == ErrorCode::kMarshallingError);
  CHECK(bulk("server.1=a:1:2:observer,server.2=b:1:2").error == ErrorCode::kMarshallingError);
  CHECK(bulk("group.1=1:2,server.1=a:1:2").error == ErrorCode::kMarshallingError);
  CHECK(bulk("version=zz").error == ErrorCode::kMarshallingError);
  // Commas and line ends both part the lines; the version is the transaction's.
  CHECK(text_of(bulk("server.1=a:1:2,server.2=b:1:2\nserver.3=c:1:2:observer,version=9")) ==
        "server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.3=c:1:2:observer\n" +
            kVersionLine);
  CHECK(text_of(bulk("server.1=a:1:2,server.2=b:1:2,group.1=1:2"))
            .ends_with("group.1=1:2\nweight.1=1\nweight.2=1\n" + kVersionLine));
  CHECK(bulk("").error == ErrorCode::kBadArguments);
}

TEST_CASE("an existing server is replaced, and may take its own addresses again") {
  const std::string from = "server.1=a:1:2;11\nserver.2=b:1:2;11\n";
  ReconfigPlan made =
      plan(request_of("server.2=b:1:2:observer;12, server.3 = c:1:2;11 ,x.4=d:1:2;11", " 9 ,", {}),
           from);
  CHECK(text_of(made) ==
        "server.1=a:1:2:participant;0.0.0.0:11\nserver.2=b:1:2:observer;0.0.0.0:12\n"
        "server.3=c:1:2:participant;0.0.0.0:11\nserver.4=d:1:2:participant;0.0.0.0:11\n" +
            kVersionLine);
  // Who leaves frees its addresses for who joins.
  CHECK(plan(request_of("server.3=b:1:2;11", "2", {}), from).error == ErrorCode::kOk);
  ReconfigPlan conflict = plan(request_of("server.3=b:9:2;11", {}, {}), from);
  CHECK(conflict.error == ErrorCode::kBadArguments);
  CHECK(conflict.why == "b:2 of server.3 conflicts with server.2");
}

TEST_CASE("the order of the first checks") {
  QuorumConfig config = config_of(kThree).with_version(5);
  const ReconfigRequest bad = request_of("bogus", {}, {}, 9);
  CHECK(plan_reconfig(bad, config, config.with_version(6), {}, kZxid).error ==
        ErrorCode::kReconfigInProgress);
  ReconfigPlan version = plan_reconfig(bad, config, config, {}, kZxid);
  CHECK(version.error == ErrorCode::kBadVersion);
  CHECK(version.why == "Reconfiguration from version 9 failed -- last seen version is 5");
  CHECK_FALSE(version.config);
}

TEST_CASE("only a majority configuration changes one by one") {
  const std::string grouped = "server.1=a:1:2;1\nserver.2=b:1:2;1\ngroup.1=1:2\n";
  CHECK(plan(request_of("server.3=c:1:2;3", {}, {}), grouped).error == ErrorCode::kBadArguments);
  CHECK(plan(request_of({}, {}, "server.1=a:1:2,server.2=b:1:2"), grouped).error == ErrorCode::kOk);
}

TEST_CASE("without standaloneEnabled one voter is enough, none is not") {
  const MembershipRules quorum_only = {.standalone_enabled = false};
  CHECK(leaving("2,3", quorum_only).error == ErrorCode::kOk);
  CHECK(leaving("1,2,3", quorum_only).error == ErrorCode::kBadArguments);
  CHECK(bulk("server.1=a:1:2", quorum_only).error == ErrorCode::kOk);
  CHECK(joining("server.4=10.0.0.1:1:2|10.0.0.2:1:2;3").error == ErrorCode::kBadArguments);
  CHECK(joining("server.4=10.0.0.1:1:2|10.0.0.2:1:2;3", {.multi_address_enabled = true}).error ==
        ErrorCode::kOk);
}

// Members 4 to `last`, each with a host name of `length` bytes or so.
std::string joiners(int last, size_t length) {
  std::string list;
  for (int i = 4; i <= last; ++i) {
    std::string sid = std::to_string(i);
    list += "server." + sid + "=" + std::string(length, 'h') + sid + ":1:2;3,";
  }
  return list;
}

TEST_CASE("a configuration that nobody could read back is not made") {
  ReconfigPlan made = joining(joiners(600, 1000).c_str());
  CHECK(made.error == ErrorCode::kBadArguments);
  CHECK(made.why == "Reconfig failed - the new configuration is too long");
}

TEST_CASE("a configuration has a largest number of members") {
  const int most = static_cast<int>(QuorumConfig::kMembersMax);
  ReconfigPlan made = joining(joiners(most, 1).c_str());
  REQUIRE(made.config.has_value());
  CHECK(made.config->members().size() == QuorumConfig::kMembersMax);
  std::string full = made.config->text();
  CHECK(QuorumConfig::parse(full, {}).ok());
  CHECK_FALSE(QuorumConfig::parse(full + "\nserver.5000=other:1:2;3\n", {}).ok());
  made = joining(joiners(most + 1, 1).c_str());
  CHECK(made.error == ErrorCode::kBadArguments);
  CHECK(made.why == "Reconfig failed - more than 1000 servers");
}

}  // namespace
}  // namespace okapi
