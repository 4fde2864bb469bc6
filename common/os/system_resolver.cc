#include "common/os/system_resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "common/base/mutex.h"

namespace okapi {
namespace {

struct Waiter {
  uint64_t ticket;
  Mailbox<NameLookup>* reply;
};

std::vector<std::string> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once per protocol
  addrinfo* found = nullptr;
  std::vector<std::string> ips;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return ips;
  for (addrinfo* one = found; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text;
    bool readable = getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                                NI_NUMERICHOST) == 0;
    if (readable) ips.emplace_back(text.data());
  }
  freeaddrinfo(found);
  return ips;
}

// Compat: the system may name IPv6 first; a Java server listens on, and dials, IPv4 first.
void order_as_java(std::vector<std::string>& ips) {
  std::stable_partition(ips.begin(), ips.end(),
                        [](const std::string& ip) { return ip.find(':') == std::string::npos; });
}

}  // namespace

struct SystemResolver::State {
  explicit State(Query with) : query(std::move(with)) {}
  void answer(const std::string& host, const std::vector<std::string>& ips);

  const Query query;
  Mutex mutex;
  // By name: each with a thread at work, and who is to be told.
  std::map<std::string, std::vector<Waiter>> names GUARDED_BY(mutex);
};

// The posts are made under the lock, so that after forget() there is none.
void SystemResolver::State::answer(const std::string& host, const std::vector<std::string>& ips) {
  MutexLock lock(mutex);
  auto asked = names.extract(host);
  for (const Waiter& waiter : asked.mapped()) {
    waiter.reply->post(NameLookup{.ticket = waiter.ticket, .ips = ips});
  }
}

SystemResolver::SystemResolver() : SystemResolver(ask_system) {}
SystemResolver::SystemResolver(Query query) : state_(std::make_shared<State>(std::move(query))) {}

SystemResolver::~SystemResolver() {
  MutexLock lock(state_->mutex);
  for (auto& [host, waiters] : state_->names) waiters.clear();
}

void SystemResolver::look_up(const std::string& host, uint64_t ticket, Mailbox<NameLookup>& reply) {
  boost::system::error_code not_numeric;
  auto address = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    return reply.post(NameLookup{.ticket = ticket, .ips = {address.to_string()}});
  }
  bool taken = false, fresh = false;
  {
    MutexLock lock(state_->mutex);
    auto& names = state_->names;
    auto asked = names.find(host);
    fresh = asked == names.end() && names.size() < kNamesMax;
    if (fresh) asked = names.emplace(host, std::vector<Waiter>{}).first;
    taken = asked != names.end() && asked->second.size() < kLookupsPerNameMax;
    if (taken) asked->second.push_back({ticket, &reply});
  }
  if (!taken) return reply.post(NameLookup{.ticket = ticket, .ips = {}});
  if (!fresh) return;
  auto ask = [state = state_, host] {
    pthread_setname_np(pthread_self(), "Resolver");
    std::vector<std::string> ips = state->query(host);
    order_as_java(ips);
    if (ips.size() > kAddressesMax) ips.resize(kAddressesMax);
    state->answer(host, ips);
  };
  try {
    std::thread(std::move(ask)).detach();
  } catch (const std::system_error&) {  // the machine has no thread left
    state_->answer(host, {});
  }
}

void SystemResolver::forget(Mailbox<NameLookup>& reply) {
  MutexLock lock(state_->mutex);
  for (auto& [host, waiters] : state_->names) {
    std::erase_if(waiters, [&](const Waiter& waiter) { return waiter.reply == &reply; });
  }
}

}  // namespace okapi
