#include "server/election/receiver_rules.h"

#include <catch2/catch.hpp>

#include "tests/unit/election/election_world.h"

using namespace okapi;

namespace {

constexpr MonoTime kStart{Millis(1'000'000)};
const Vote kVote{ServerId(3), Zxid(0x100000005), 4, Epoch(2)};

// Server 2 of three voters and an observer, at round 6.
struct Desk {
  explicit Desk(PeerState state) : rules(ServerId(2), {}) { stand(state); }
  void stand(PeerState state) {
    rules.set_standing(
        Standing{.state = state, .vote = kVote, .round = 6, .configs = {config, nullptr}});
  }
  ReceiverRules::Verdict receive(int64_t from, std::optional<PeerState> state,
                                 const std::string& text = "") {
    return rules.receive(ServerId(from), {.state = state, .vote = kVote, .config_text = text}, now);
  }
  SharedQuorumConfig config = config_of(config_text(3, 1, "", "10"));
  ReceiverRules rules;
  MonoTime now = kStart;
};

template <class T>
const T* only(const ReceiverRules::Verdict& verdict) {
  return verdict.news.size() == 1 ? std::get_if<T>(&verdict.news[0]) : nullptr;
}

}  // namespace

TEST_CASE("who looks hands every voter's message to the election and answers none itself") {
  Desk desk(PeerState::kLooking);
  for (PeerState state : {PeerState::kLooking, PeerState::kFollowing, PeerState::kLeading}) {
    auto verdict = desk.receive(1, state);
    REQUIRE(only<Heard>(verdict));
    CHECK(only<Heard>(verdict)->from == ServerId(1));
    CHECK_FALSE(verdict.answer);
  }
}

TEST_CASE("who has settled answers voters that look with his vote and its round") {
  for (PeerState state : {PeerState::kFollowing, PeerState::kLeading, PeerState::kObserving}) {
    Desk desk(state);
    auto verdict = desk.receive(1, PeerState::kLooking);
    REQUIRE(verdict.answer);
    CHECK(verdict.answer->to == std::vector<ServerId>{ServerId(1)});
    CHECK(verdict.answer->state == state);
    CHECK(verdict.answer->vote == kVote);
    CHECK(verdict.answer->config == desk.config);
    // A leader learns that the voter is not with it.
    CHECK((only<DisloyalVoter>(verdict) != nullptr) == (state == PeerState::kLeading));
  }
}

TEST_CASE("who has settled never answers who has settled") {
  Desk desk(PeerState::kLeading);
  for (PeerState state : {PeerState::kFollowing, PeerState::kLeading, PeerState::kObserving}) {
    auto verdict = desk.receive(1, state);
    CHECK_FALSE(verdict.answer);
    CHECK(verdict.news.empty());
  }
}

TEST_CASE("observers and strangers are answered at once, in every state, with our clock's round") {
  for (PeerState state : {PeerState::kLooking, PeerState::kFollowing}) {
    for (int64_t sid : {4, 77, -3}) {
      Desk desk(state);
      auto verdict = desk.receive(sid, PeerState::kLooking);
      REQUIRE(verdict.answer);
      CHECK(verdict.answer->state == state);
      CHECK(verdict.answer->vote.leader == kVote.leader);
      CHECK(verdict.answer->vote.round == 6);
      CHECK(verdict.news.empty());
    }
  }
}

TEST_CASE("x_ele_08: an unknown state is dropped from a voter, answered to a stranger") {
  Desk desk(PeerState::kFollowing);
  CHECK_FALSE(desk.receive(1, std::nullopt).answer);
  CHECK(desk.receive(9, std::nullopt).answer);
}

TEST_CASE("a message in our own name, or before we know what we are, is dropped") {
  Desk desk(PeerState::kFollowing);
  CHECK_FALSE(desk.receive(2, PeerState::kLooking).answer);
  ReceiverRules fresh(ServerId(2), {});
  auto verdict = fresh.receive(ServerId(1), {.state = PeerState::kLooking}, kStart);
  CHECK_FALSE(verdict.answer);
  CHECK(verdict.news.empty());
}

TEST_CASE("between two roles nobody is answered, and what was put off is not either") {
  Desk desk(PeerState::kLeading);
  CHECK(desk.receive(1, PeerState::kLooking).answer);
  CHECK_FALSE(desk.receive(1, PeerState::kLooking).answer);  // owed
  desk.rules.set_standing(Standing{.state = PeerState::kLeading,
                                   .silent = true,
                                   .vote = kVote,
                                   .round = 6,
                                   .configs = {desk.config, nullptr}});
  for (int64_t from : {1, 3, 4, 9}) {
    auto verdict = desk.receive(from, PeerState::kLooking);
    CHECK_FALSE(verdict.answer);
    CHECK(verdict.news.empty());
  }
  CHECK(desk.rules.due(kStart + Millis(10)).empty());
  CHECK_FALSE(desk.rules.deadline());
}

TEST_CASE("a newer configuration is taken from a member while we look; then its vote is stale") {
  Desk desk(PeerState::kLooking);
  std::string grown = config_text(5, 1, "", "11");
  for (int64_t from : {1, 4}) {
    auto verdict = desk.receive(from, PeerState::kLooking, grown);
    REQUIRE(only<NewerConfig>(verdict));
    CHECK(only<NewerConfig>(verdict)->config->version() == 0x11);
    CHECK_FALSE(verdict.answer);
  }
  // The same members: taken, and the vote counts.
  auto same = desk.receive(1, PeerState::kLooking, config_text(3, 1, "", "11"));
  REQUIRE(same.news.size() == 2);
  CHECK(std::get_if<NewerConfig>(&same.news[0]));
  CHECK(std::get_if<Heard>(&same.news[1]));
  // Not while we are settled.
  desk.stand(PeerState::kFollowing);
  CHECK(desk.receive(1, PeerState::kLooking, grown).news.empty());
}

TEST_CASE("x_ele_09: a newer configuration of a stranger is not taken") {
  Desk desk(PeerState::kLooking);
  auto verdict = desk.receive(9, PeerState::kLooking, config_text(9, 0, "", "11"));
  CHECK(verdict.news.empty());
  CHECK(verdict.refused);
  CHECK(verdict.answer);  // as a stranger gets one
}

TEST_CASE("x_ele_08: a broken or an old configuration changes nothing, the vote counts") {
  Desk desk(PeerState::kLooking);
  for (std::string text :
       {std::string("garbage"), std::string("\xff\x00\x01", 3), config_text(5, 0, "", "f"),
        config_text(5, 0, "", "10"), std::string("server.1=a:1:2\nversion=zz")}) {
    auto verdict = desk.receive(1, PeerState::kLooking, text);
    INFO(text);
    CHECK(only<Heard>(verdict));
  }
}

TEST_CASE("x_ele_11: one answer per server and 10 ms; the last question is answered later") {
  Desk desk(PeerState::kFollowing);
  CHECK(desk.receive(1, PeerState::kLooking).answer);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(desk.receive(1, PeerState::kLooking).answer);
  CHECK(desk.receive(3, PeerState::kLooking).answer);  // not held up by the other
  CHECK(desk.rules.deadline() == kStart + Millis(10));
  CHECK(desk.rules.due(kStart + Millis(9)).empty());
  desk.stand(PeerState::kLeading);
  auto later = desk.rules.due(kStart + Millis(10));
  REQUIRE(later.size() == 1);
  CHECK(later[0].to == std::vector<ServerId>{ServerId(1)});
  CHECK(later[0].state == PeerState::kLeading);  // what is right by then
  CHECK_FALSE(desk.rules.deadline());
  // That answer counts, too.
  desk.now = kStart + Millis(15);
  CHECK_FALSE(desk.receive(1, PeerState::kLooking).answer);
  CHECK(desk.rules.due(kStart + Millis(20)).size() == 1);
  // Who was put off while we began to look asks the election.
  desk.now = kStart + Millis(25);
  CHECK_FALSE(desk.receive(1, PeerState::kLooking).answer);
  desk.stand(PeerState::kLooking);
  CHECK(desk.rules.due(kStart + Millis(60)).empty());
  CHECK_FALSE(desk.rules.deadline());
}
