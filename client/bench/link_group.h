// Many links to one server on one epoll descriptor and one thread. A run drives it turn by turn and
// is called back with every delivery.
#pragma once

#include <sys/epoll.h>

#include <memory>
#include <vector>

#include "client/bench/link.h"

namespace okapi::bench {

class LinkGroup {
 public:
  LinkGroup(const Address& address, size_t count, const ClientSession::Options& options);
  LinkGroup(const LinkGroup&) = delete;
  LinkGroup& operator=(const LinkGroup&) = delete;
  ~LinkGroup();

  size_t size() const { return links_.size(); }
  Link& link(size_t index) { return *links_[index]; }
  ClientSession& session(size_t index) { return links_[index]->session; }

  // Begins the connection of one link, whose session must be fresh or disconnected.
  Status dial(size_t index);
  // Gives a link a fresh session and connects it.
  Status redial(size_t index);
  // Connects all links, a few at a time, and waits until every session is there.
  Status open();
  // Ends all sessions properly and hangs up, so that they do not burden the server later.
  void close();
  // Whether any link hung up on its own since open(), and why the first one did.
  bool has_failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  // Flush this link at the end of the turn: it got a request from outside its own delivery.
  void mark(size_t index) {
    Link& link = *links_[index];
    if (link.marked) return;
    link.marked = true;
    marked_.push_back(static_cast<uint32_t>(index));
  }
  void flush_marked(MonoTime time);

  // One turn: waits until something happens, at most until `until`, and hands each delivery to
  // `on_delivery(index, delivery, time)`, where `time` is when its bytes were received.
  template <class OnDelivery>
  void turn(MonoTime until, OnDelivery&& on_delivery) {
    int count = wait(until);
    for (int i = 0; i < count; ++i) {
      uint32_t index = events_[i].data.u32;
      Link& link = *links_[index];
      if ((events_[i].events & EPOLLOUT) != 0 && !link.on_writable(now())) {
        failed(index, "cannot connect or send");
        continue;
      }
      if ((events_[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) continue;
      if (receive(index)) deliver(index, on_delivery);
    }
    flush_marked(now());
  }

 private:
  static constexpr size_t kEventsMax = 256;
  static constexpr size_t kReceiveBytes = size_t{256} << 10;

  template <class OnDelivery>
  void deliver(uint32_t index, OnDelivery& on_delivery) {
    Link& link = *links_[index];
    Delivery delivery;
    while (link.session.next(delivery)) {
      if (delivery.kind == Delivery::Kind::kBroken) {
        return failed(index, "protocol broken by the server");
      }
      on_delivery(index, delivery, received_at_);
    }
    // One send for all that the replies made the run ask next.
    if (!link.flush(received_at_)) failed(index, "cannot send");
  }

  int wait(MonoTime until);
  bool receive(uint32_t index);
  void failed(uint32_t index, const char* why);
  void tick_all(MonoTime time);

  Address address_;
  ClientSession::Options options_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<uint32_t> marked_;
  std::unique_ptr<char[]> buffer_;
  MonoTime received_at_{};
  MonoTime next_tick_{};
  std::string failure_;
  bool closing_ = false;
  int epoll_ = -1;
  epoll_event events_[kEventsMax];
};

}  // namespace okapi::bench
