// okapi-ceiling: how fast any server of this protocol could be on this machine. A bare epoll loop
// that answers from canned bytes: no tree, no sessions, no checks. Writes go to a log that is
// synced once per turn of the loop, before the turn's replies leave. A yardstick, not a server.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <vector>

#include "common/base/assert.h"
#include "common/jute/record.h"
#include "common/proto/frame.h"
#include "common/proto/op_code.h"

namespace okapi {
namespace {

// A log file that keeps zeroed space ahead, so that a sync changes no metadata.
class CeilingLog {
 public:
  explicit CeilingLog(const std::string& path)
      : fd_(open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644)),
        zeros_(kZeroBytes) {
    OKAPI_ASSERT(fd_ >= 0);
  }
  ~CeilingLog() { close(fd_); }

  void append(ByteView record) { batch_.append(record); }
  // Writes and syncs what was appended; nothing to do costs nothing.
  void sync() {
    if (batch_.empty()) return;
    auto size = static_cast<off_t>(batch_.size());
    if (end_ + size > kFileBytesMax) {
      OKAPI_ASSERT(ftruncate(fd_, 0) == 0);
      end_ = zeroed_ = 0;
    }
    if (end_ + size > zeroed_ && batch_.size() <= kZeroAheadMax) {
      OKAPI_ASSERT(pwrite(fd_, zeros_.data(), kZeroBytes, zeroed_) == ssize_t{kZeroBytes});
      zeroed_ += off_t{kZeroBytes};
    }
    OKAPI_ASSERT(pwrite(fd_, batch_.data(), batch_.size(), end_) == size);
    OKAPI_ASSERT(fdatasync(fd_) == 0);
    end_ += size;
    zeroed_ = std::max(zeroed_, end_);
    batch_.clear();
  }

 private:
  static constexpr size_t kZeroBytes = size_t{256} << 10;
  static constexpr size_t kZeroAheadMax = size_t{64} << 10;  // larger batches just extend the file
  static constexpr off_t kFileBytesMax = off_t{64} << 20;

  int fd_;
  std::string batch_;
  std::vector<char> zeros_;
  off_t end_ = 0;
  off_t zeroed_ = 0;
};

struct Client {
  int fd = -1;
  bool greeted = false;
  bool watching = false;  // wants one event at the next setData
  bool closing = false;   // hang up when the output is out
  bool touched = false;   // in the list of this turn
  bool full = false;      // the socket is, so its writability is asked for
  std::string in, out;
};

struct CannedBodies {
  std::string data, stat, children, children2;
};

CannedBodies make_bodies(size_t data_bytes, size_t children) {
  CannedBodies out;
  Stat stat;
  stat.data_length = static_cast<int32_t>(data_bytes);
  jute::encode(out.stat, stat);
  jute::OutputArchive archive(out.data);
  archive.put_buffer(ByteView(std::string(data_bytes, 'c')));
  out.data += out.stat;
  jute::OutputArchive names(out.children);
  names.put_int(static_cast<int32_t>(children));
  for (size_t i = 0; i < children; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "name-%05zu", i);
    names.put_buffer(ByteView(name));
  }
  out.children2 = out.children + out.stat;
  return out;
}

class Ceiling {
 public:
  Ceiling(uint16_t port, const std::string& log_path, CannedBodies bodies)
      : bodies_(std::move(bodies)), log_(log_path), buffer_(kReceiveBytes) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    OKAPI_ASSERT(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    OKAPI_ASSERT(listen(listener_, 4096) == 0);
    poll(listener_, EPOLL_CTL_ADD, EPOLLIN);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    while (true) {
      int count = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        int fd = events[i].data.fd;
        if (fd == listener_) {
          accept_all();
        } else if (clients_[static_cast<size_t>(fd)] != nullptr) {
          Client& client = *clients_[static_cast<size_t>(fd)];
          touch(client);
          if ((events[i].events & ~uint32_t{EPOLLOUT}) != 0) receive(client);
        }
      }
      log_.sync();
      for (int fd : touched_) flush(*clients_[static_cast<size_t>(fd)]);
      touched_.clear();
    }
  }

 private:
  static constexpr size_t kReceiveBytes = size_t{256} << 10;

  void poll(int fd, int operation, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    OKAPI_ASSERT(epoll_ctl(epoll_, operation, fd, &event) == 0);
  }

  void accept_all() {
    while (true) {
      int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (clients_.size() <= static_cast<size_t>(fd)) clients_.resize(static_cast<size_t>(fd) + 1);
      auto& client = clients_[static_cast<size_t>(fd)] = std::make_unique<Client>();
      client->fd = fd;
      poll(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
  }

  void touch(Client& client) {
    if (client.touched) return;
    client.touched = true;
    touched_.push_back(client.fd);
  }

  void receive(Client& client) {
    ssize_t bytes = recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (bytes <= 0) {
      client.closing = bytes == 0 || errno != EAGAIN;
      return;
    }
    ByteView unread(buffer_.data(), static_cast<size_t>(bytes));
    if (!client.in.empty()) {
      client.in.append(unread);
      unread = client.in;
    }
    while (unread.size() >= kFrameLengthBytes) {
      jute::InputArchive in(unread);
      auto length = static_cast<size_t>(in.get_int());
      if (in.rest().size() < length) break;
      answer(client, in.rest().substr(0, length));
      unread = in.rest().substr(length);
    }
    std::string rest(unread);  // `unread` may view client.in
    client.in = std::move(rest);
  }

  void answer(Client& client, ByteView frame) {
    if (!client.greeted) return greet(client);
    jute::InputArchive in(frame);
    RequestHeader header;
    jute::get(in, header);
    auto op = static_cast<OpCode>(header.type);
    if (is_write(op)) {
      log_.append(frame);
      ++zxid_;
    }
    if (op == OpCode::kSetData) fire_watches();
    if (op == OpCode::kGetData && frame.back() != 0) client.watching = true;
    if (op == OpCode::kCloseSession) client.closing = true;
    append_frame(client.out, [&](jute::OutputArchive& out) {
      out.put_int(op == OpCode::kPing ? kPingXid : header.xid);
      out.put_long(zxid_);
      out.put_int(0);
      put_body(out, op, in);
    });
  }

  void greet(Client& client) {
    client.greeted = true;
    append_frame(client.out, [&](jute::OutputArchive& out) {
      const std::string password(16, 'p');
      jute::put(out, ConnectResponse{0, 30'000, SessionId(++sessions_), ByteView(password)});
      out.put_bool(false);
    });
  }

  void put_body(jute::OutputArchive& out, OpCode op, jute::InputArchive& in) const {
    if (op == OpCode::kGetData) return out.put_raw(bodies_.data);
    if (op == OpCode::kExists || op == OpCode::kSetData) return out.put_raw(bodies_.stat);
    if (op == OpCode::kGetChildren) return out.put_raw(bodies_.children);
    if (op == OpCode::kGetChildren2) return out.put_raw(bodies_.children2);
    if (op == OpCode::kCreate || op == OpCode::kCreate2) out.put_buffer(in.get_buffer());
    if (op == OpCode::kCreate2) out.put_raw(bodies_.stat);
    if (op == OpCode::kMulti) jute::put(out, MultiHeader{-1, true, -1});
  }

  void fire_watches() {
    std::string event;
    for (auto& client : clients_) {
      if (client == nullptr || !client->watching) continue;
      if (event.empty()) {
        event = notification_frame(Zxid(zxid_), EventType::kNodeDataChanged, "/watched");
      }
      client->watching = false;
      client->out += event;
      touch(*client);
    }
  }

  void flush(Client& client) {
    client.touched = false;
    if (!client.out.empty()) {
      ssize_t sent = send(client.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) client.closing = true;
      if (sent > 0) client.out.erase(0, static_cast<size_t>(sent));
    }
    if (client.closing) {
      int fd = client.fd;
      close(fd);
      clients_[static_cast<size_t>(fd)].reset();
    } else if (!client.out.empty()) {
      poll(client.fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      client.full = true;
    } else if (client.full) {
      poll(client.fd, EPOLL_CTL_MOD, EPOLLIN);
      client.full = false;
    }
  }

  CannedBodies bodies_;
  CeilingLog log_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Client>> clients_;  // by descriptor
  std::vector<int> touched_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_ = -1;
  int64_t zxid_ = 0;
  int64_t sessions_ = 0;
};

}  // namespace
}  // namespace okapi

int main(int argc, char** argv) {
  CLI::App app("The bare loop that measures what a machine can do at best");
  uint16_t port = 0;
  std::string log;
  size_t data_bytes = 100;
  size_t children = 100;
  app.add_option("port", port, "loopback port")->required();
  app.add_option("log", log, "file for the writes")->required();
  app.add_option("--data-size", data_bytes, "bytes that getData answers");
  app.add_option("--children", children, "names that getChildren answers");
  CLI11_PARSE(app, argc, argv);
  okapi::Ceiling ceiling(port, log, okapi::make_bodies(data_bytes, children));
  ceiling.run();
}
