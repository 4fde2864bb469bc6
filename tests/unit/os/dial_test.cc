// Connections that we begin, over loopback, and the promises of Net::connect.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "common/os/asio_net.h"
#include "common/os/os_poller.h"

using namespace okapi;

namespace {

constexpr uint64_t kToken = 7;

struct World {
  World() { poller.reset(static_cast<OsPoller*>(net.make_poller(PollerKind::kGeneral).release())); }

  std::unique_ptr<Listener> listen(const std::string& ip, int backlog = -1) {
    auto listener = net.listen({ip, 0}, backlog);
    REQUIRE(listener.ok());
    return std::move(*listener);
  }
  std::unique_ptr<Stream> dial(const Endpoint& to) {
    auto stream = net.connect(to);
    REQUIRE(stream.ok());
    return std::move(*stream);
  }
  // Whether something is to be said of `stream` within `patience`.
  bool is_ready(Stream& stream, Interest interest, Nanos patience = Millis(5'000)) {
    poller->watch(stream, kToken, interest);
    poller->wait(patience);
    bool ready = !poller->ready().empty();
    poller->forget(stream);
    return ready;
  }
  std::unique_ptr<Stream> accept(Listener& listener) {
    for (int i = 0; i < 1'000; ++i) {
      auto stream = listener.accept();
      REQUIRE(stream.ok());
      if (*stream != nullptr) return std::move(*stream);
      poller->wait(Millis(1));
    }
    FAIL("nothing came");
    return nullptr;
  }

  AsioNet net;
  std::unique_ptr<OsPoller> poller;
};

IoResult write(Stream& stream, ByteView bytes) { return stream.write(std::span(&bytes, 1)); }

bool has_option(Stream& stream, int level, int name) {
  int on = 0;
  socklen_t size = sizeof on;
  REQUIRE(getsockopt(stream.handle(), level, name, &on, &size) == 0);
  return on != 0;
}

}  // namespace

TEST_CASE("a dialled connection becomes writable and carries bytes both ways") {
  World world;
  for (const char* ip : {"127.0.0.1", "::1"}) {
    auto listener = world.listen(ip);
    auto near = world.dial({ip, listener->local().port});
    CHECK(near->peer().ip == ip);
    CHECK(near->peer().port == listener->local().port);
    REQUIRE(world.is_ready(*near, Interest::kWrite));
    auto far = world.accept(*listener);
    CHECK(far->peer().port == near->local().port);
    CHECK(near->local().ip == ip);
    REQUIRE(write(*near, "there").bytes == 5);
    REQUIRE(world.is_ready(*far, Interest::kRead));
    std::array<char, 100> buffer;
    CHECK(far->read(buffer).bytes == 5);
    REQUIRE(write(*far, "back").bytes == 4);
    REQUIRE(world.is_ready(*near, Interest::kRead));
    CHECK(near->read(buffer).bytes == 4);
  }
}

TEST_CASE("both ends send at once what is written; a silent peer is probed when asked for") {
  World world;
  auto listener = world.listen("127.0.0.1");
  auto near = world.dial({"127.0.0.1", listener->local().port});
  auto far = world.accept(*listener);
  for (Stream* stream : {near.get(), far.get()}) {
    CHECK(has_option(*stream, IPPROTO_TCP, TCP_NODELAY));
    CHECK_FALSE(has_option(*stream, SOL_SOCKET, SO_KEEPALIVE));
    stream->keep_alive();
    CHECK(has_option(*stream, SOL_SOCKET, SO_KEEPALIVE));
  }
}

TEST_CASE("a refused connection is ready, and its write fails") {
  World world;
  uint16_t port = world.listen("127.0.0.1")->local().port;
  auto stream = world.net.connect({"127.0.0.1", port});
  if (!stream.ok()) return;  // the kernel may know at once
  REQUIRE(world.is_ready(**stream, Interest::kBoth));
  CHECK(write(**stream, "x").state == IoState::kFailed);
}

TEST_CASE("who is never answered waits without an end; giving up is the caller's business") {
  World world;
  auto listener = world.listen("127.0.0.1", 0);
  // The kernel says nothing to those for whom the queue has no room.
  std::vector<std::unique_ptr<Stream>> crowd;
  for (int i = 0; i < 4; ++i) crowd.push_back(world.dial({"127.0.0.1", listener->local().port}));
  Stream& last = *crowd.back();
  CHECK_FALSE(world.is_ready(last, Interest::kBoth, Millis(200)));
  std::array<char, 10> buffer;
  CHECK(write(last, "x").state == IoState::kWouldBlock);
  CHECK(last.read(buffer).state == IoState::kWouldBlock);
}

TEST_CASE("a name, or an address nobody can go to, is an error at once") {
  World world;
  CHECK_FALSE(world.net.connect({"localhost", 1}).ok());
  CHECK_FALSE(world.net.connect({"", 1}).ok());
  CHECK_FALSE(world.net.connect({"255.255.255.255", 1}).ok());
}
