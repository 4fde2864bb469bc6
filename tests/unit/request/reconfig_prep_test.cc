// What Prep makes of a reconfig, and what its client is answered.
#include <catch2/catch.hpp>

#include "common/proto/path.h"
#include "common/proto/responses.h"
#include "tests/unit/request/commit_world.h"

using namespace okapi;

namespace {

SharedQuorumConfig config_of(const std::string& text) {
  auto config = QuorumConfig::parse(text, {});
  REQUIRE(config.ok());
  return std::make_shared<const QuorumConfig>(std::move(*config));
}

std::string line(int sid) {
  std::string n = std::to_string(sid);
  return "server." + n + "=10.0.0." + n + ":1:2:participant;10.0.0." + n + ":3";
}

SharedQuorumConfig three(int64_t version = 7) {
  auto config = config_of(line(1) + "\n" + line(2) + "\n" + line(3));
  return std::make_shared<const QuorumConfig>(config->with_version(version));
}

// The leader of three servers, with a /zookeeper/config that everybody may write to.
struct LeaderPrep {
  LeaderPrep() {
    prep.config.request.reconfig_enabled = true;
    prep.config.auth.skip_acl = true;
    prep.registry = std::move(*ProviderRegistry::make(prep.config));
    lead(Zxid(100));
  }
  void lead(Zxid last) {
    prep.prep = std::make_unique<PrepRequestProcessor>(
        prep.env, prep.config, prep.registry, prep.database.tree(), last,
        std::vector<SessionId>{kSession}, MembershipView{three(), nullptr, sids({1, 2, 3})});
    prep.prep->requests.attach(prep.bell);
    prep.prep->memberships.attach(prep.bell);
    prep.prep->to_peer = prep.proposals.sink();
  }
  static std::set<ServerId> sids(std::initializer_list<int64_t> list) {
    std::set<ServerId> out;
    for (int64_t sid : list) out.insert(ServerId(sid));
    return out;
  }
  void view(SharedQuorumConfig current, std::initializer_list<int64_t> synced = {1, 2, 3}) {
    prep.prep->memberships.post({std::move(current), nullptr, sids(synced)});
  }
  Txn add(int sid, int64_t config_id = -1) {
    std::string joining = line(sid);
    return prep.run(OpCode::kReconfig, ReconfigRequest{ByteView(joining), {}, {}, config_id});
  }
  ErrorCode error_of_add(int sid, int64_t config_id = -1) { return error_of(add(sid, config_id)); }

  PrepWorld prep;
};

}  // namespace

TEST_CASE("a_reconfig_writes_the_new_membership_into_the_config_node_under_its_zxid") {
  LeaderPrep w;
  Txn txn = w.add(4);
  CHECK(txn.header.type == 16);
  CHECK(txn.header.zxid == Zxid(101));
  const auto& set = std::get<SetDataTxn>(txn.body);
  CHECK(set.path == kConfigPath);
  CHECK(set.version == -1);
  CHECK(set.data ==
        NullableView(line(1) + "\n" + line(2) + "\n" + line(3) + "\n" + line(4) + "\nversion=65"));
  // The config node is no part of the digest.
  REQUIRE(txn.digest.has_value());
  CHECK(txn.digest->tree_digest == static_cast<int64_t>(w.prep.database.tree().digest()));
  CHECK(w.prep.apply_all());
}

TEST_CASE("a_reconfig_is_refused_in_the_order_of_the_reference") {
  LeaderPrep w;
  std::string bad = "bogus";
  ReconfigRequest wrong{ByteView(bad), {}, {}, 9};
  auto error = [&] { return error_of(w.prep.run(OpCode::kReconfig, wrong)); };
  w.prep.config.request.reconfig_enabled = false;
  CHECK(error() == ErrorCode::kReconfigDisabled);
  w.prep.config.request.reconfig_enabled = true;
  RequestView strange;
  std::string body = jute::encoded(wrong);
  strange.op = OpCode::kReconfig;
  strange.session = SessionId(77);
  strange.body = body;
  w.prep.post(RequestPtr::make(strange, std::make_shared<IdentityList>()));
  CHECK(error_of(w.prep.run().at(0)) == ErrorCode::kUnknownSession);
  w.prep.prep->memberships.post({three(), three(8), w.sids({1, 2, 3})});
  CHECK(error() == ErrorCode::kReconfigInProgress);
  w.view(three());
  CHECK(error() == ErrorCode::kBadVersion);
  wrong.current_config_id = 7;
  CHECK(error() == ErrorCode::kBadArguments);
  // Without the right to write there is no telling who is connected, and the other way round.
  w.prep.config.auth.skip_acl = false;
  w.prep.registry = std::move(*ProviderRegistry::make(w.prep.config));
  w.view(three(), {1, 4});
  CHECK(w.error_of_add(5) == ErrorCode::kNewConfigNoQuorum);
  w.view(three(), {1, 2, 3});
  CHECK(w.error_of_add(5, 7) == ErrorCode::kNoAuth);
}

TEST_CASE("a_server_that_stands_alone_has_nothing_to_reconfigure") {
  PrepWorld world;
  world.config.request.reconfig_enabled = true;
  CHECK(error_of(world.run(OpCode::kReconfig, ReconfigRequest{{}, "2", {}, -1})) ==
        ErrorCode::kUnimplemented);
}

TEST_CASE("g14_one_reconfig_at_a_time_even_before_the_ledger_has_heard_of_it") {
  LeaderPrep w;
  CHECK(w.error_of_add(4) == ErrorCode::kOk);
  CHECK(w.error_of_add(5) == ErrorCode::kReconfigInProgress);
  // A view from before the first one was proposed.
  w.view(three());
  CHECK(w.error_of_add(5) == ErrorCode::kReconfigInProgress);
  auto four = config_of(line(1) + "\n" + line(2) + "\n" + line(3) + "\n" + line(4));
  w.view(std::make_shared<const QuorumConfig>(four->with_version(101)), {1, 2, 3, 4});
  CHECK(w.error_of_add(5, 7) == ErrorCode::kBadVersion);
  CHECK(w.error_of_add(5, 101) == ErrorCode::kOk);
}

TEST_CASE("a_view_is_in_force_for_every_request_posted_behind_it") {
  LeaderPrep w;
  w.view(three(), {1});
  CHECK(w.error_of_add(4) == ErrorCode::kNewConfigNoQuorum);
  // A follower that does not vote yet counts as soon as the new configuration has it vote.
  w.view(three(), {1, 4, 5});
  CHECK(w.error_of_add(4) == ErrorCode::kNewConfigNoQuorum);
  std::string members = line(1) + "," + line(4) + "," + line(5);
  CHECK(error_of(w.prep.run(OpCode::kReconfig, ReconfigRequest{{}, {}, ByteView(members), -1})) ==
        ErrorCode::kOk);
}

TEST_CASE("a_configuration_of_the_future_is_not_replaced") {
  LeaderPrep w;
  w.view(three(int64_t{1} << 60));
  CHECK(w.error_of_add(4) == ErrorCode::kBadArguments);
}

TEST_CASE("a_reconfig_is_answered_with_the_membership_and_the_stat_of_its_node") {
  CommitWorld w;
  w.prep.config.request.reconfig_enabled = true;
  w.prep.config.auth.skip_acl = true;
  w.prep.registry = std::move(*ProviderRegistry::make(w.prep.config));
  w.prep.prep->memberships.attach(w.bell);
  w.prep.prep->memberships.post(
      {three(-1), nullptr, LeaderPrep::sids({1, 2, 3})});  // older than every zxid
  w.send(OpCode::kReconfig, ReconfigRequest{{}, "3", {}, -1});
  w.commit_all();
  w.serve();
  jute::InputArchive in(w.client().out);
  ByteView frame = in.get_buffer().value();
  CHECK(jute::decode<ReplyHeader>(frame)->err == 0);
  auto reply = jute::decode<GetDataResponse>(frame.substr(16));
  REQUIRE(reply.ok());
  CHECK(reply->data == NullableView(line(1) + "\n" + line(2) + "\nversion=1"));
  CHECK(reply->stat.mzxid == Zxid(1));
  CHECK(reply->stat.czxid == Zxid(0));
  CHECK(reply->stat.version == -1);
  CHECK(reply->stat.data_length == static_cast<int32_t>(reply->data->size()));
}
