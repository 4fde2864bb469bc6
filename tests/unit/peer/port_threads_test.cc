// The same stages on real threads and sockets: terms that begin and end while learners come, read
// a tree and go.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "common/os/real_env.h"
#include "server/peer/leader_link.h"
#include "server/peer/learner_acceptor.h"
#include "tests/support/database_world.h"
#include "tests/support/eventually.h"

using namespace okapi;

namespace {

size_t descriptors() {
  auto files = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

size_t threads() {
  auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

// Sends everybody the tree and a PING. Counts who came, and the posts of a test that waits.
class Leading final : public Stage {
 public:
  explicit Leading(Env& env) : env_(env) {
    box.attach(env.scheduler().enroll(*this, {.home = "QuorumPeer:1"}));
  }
  ~Leading() override { env_.scheduler().retire(*this); }
  Mailbox<LearnerMail> box;
  std::atomic<int> came{0}, marks{0};

  void step(Turn&) override {
    std::vector<LearnerMail> inbox;
    box.drain(inbox);
    for (LearnerMail& mail : inbox) {
      if (std::holds_alternative<LogUnusable>(mail)) ++marks;
      auto* up = std::get_if<LinkUp>(&mail);
      if (up == nullptr) continue;
      ++came;
      up->door->post(StreamSnapshot{up->link});
      up->door->post(SendTo{up->link, encode_packet(PacketType::kPing, Zxid(1))});
    }
  }

 private:
  Env& env_;
};

class Following final : public Stage {
 public:
  Following(Env& env, int number, uint16_t port, std::atomic<int>& pinged)
      : env_(env), pinged_(pinged) {
    LeaderLinkOptions options;
    options.dial = {.addresses = {{"127.0.0.1", port}},
                    .budget = Millis(10'000),
                    .attempt = Millis(1'000),
                    .pause = Millis(5),
                    .tries_max = 1'000};
    box.attach(env.scheduler().enroll(*this, {.home = "Following"}));
    link_ = std::make_unique<LeaderLink>(env, options, box);
    link_->begin(env.scheduler().enroll(
        *link_, {.home = "LeaderLink:" + std::to_string(number), .poller = link_->poller()}));
  }
  ~Following() override {
    env_.scheduler().retire(*link_);
    env_.scheduler().retire(*this);
  }
  Mailbox<LeaderLinkMail> box;

  void step(Turn&) override {
    std::vector<LeaderLinkMail> inbox;
    box.drain(inbox);
    for (LeaderLinkMail& mail : inbox) {
      if (std::holds_alternative<LeaderUp>(mail)) {
        link_->orders.post(SendToLeader{encode_packet(PacketType::kFollowerInfo, Zxid())});
      } else if (auto* chunk = std::get_if<SnapshotBytes>(&mail)) {
        bytes_ += chunk->bytes.size();
      } else if (auto* packets = std::get_if<LeaderPackets>(&mail)) {
        PacketWalk walk(packets->batch);
        while (auto packet = walk.next()) {
          if (packet->type() == PacketType::kPing && bytes_ > 1'000'000) ++pinged_;
        }
      }
    }
  }

 private:
  Env& env_;
  std::atomic<int>& pinged_;
  std::unique_ptr<LeaderLink> link_;
  size_t bytes_ = 0;
};

}  // namespace

TEST_CASE("terms come and go on real threads, and leave no thread and no descriptor behind") {
  RealEnv env("", LogLevel::kError);
  TempDir directory;
  DatabaseWorld server(env.disk());
  REQUIRE(server.start({}, directory.path).ok());
  for (int i = 1; i <= 100; ++i) {
    server.apply(create_txn(Zxid(i), "/n" + std::to_string(i), std::string(50'000, 'x')));
  }
  TreeLeases leases;
  LearnerAcceptorOptions options;
  uint16_t port = (*env.net().listen({"127.0.0.1", 0}, 1))->local().port;  // a free one
  options.addresses = {{"127.0.0.1", port}};
  options.handler.hello_timeout = Millis(5'000);
  auto leading = std::make_unique<Leading>(env);
  size_t descriptors_before = descriptors(), threads_before = threads();
  for (options.term = 1; options.term <= 30; ++options.term) {
    LearnerAcceptor acceptor({env, server.database(), leases}, options, leading->box);
    acceptor.begin(
        env.scheduler().enroll(acceptor, {.home = "LrnAccept:1", .poller = acceptor.poller()}));
    std::atomic<int> pinged{0};
    int came_before = leading->came;
    std::vector<std::unique_ptr<Following>> followers;
    for (int i = 0; i < 3; ++i)
      followers.push_back(std::make_unique<Following>(env, i, port, pinged));
    if (options.term % 2 == 0) {
      CHECK(eventually([&] { return pinged == 3; }));
    } else {
      // The term ends while some still come and some have half the tree.
      int some = came_before + static_cast<int>(options.term % 4);
      CHECK(eventually([&] { return leading->came >= some; }));
    }
    if (options.term % 3 == 0) followers.clear();
    env.scheduler().retire(acceptor);
  }
  CHECK(leases.all_home());
  CHECK(eventually([&] { return threads() <= threads_before; }));
  leading->box.post(LogUnusable{});
  CHECK(eventually([&] { return leading->marks == 1; }));  // all before it is handled, too
  leading.reset();
  CHECK(descriptors() <= descriptors_before);
}
