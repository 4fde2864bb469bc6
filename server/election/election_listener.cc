#include "server/election/election_listener.h"

#include <algorithm>

#include "common/base/assert.h"
#include "server/config/exit_code.h"
#include "server/config/numeric_host.h"

namespace okapi {

ElectionListener::ElectionListener(Env& env, Poller& poller, const ListenOptions& options)
    : env_(env),
      poller_(poller),
      on_all_ips_(options.on_all_ips),
      bind_retries_max_(options.bind_retries_max),
      what_(options.what) {
  set_ports(options.addresses);
}

ElectionListener::~ElectionListener() {
  for (Port& port : ports_) {
    if (port.listener != nullptr) poller_.forget(*port.listener);
  }
}

void ElectionListener::set_ports(const std::vector<HostPort>& addresses) {
  for (HostPort address : addresses) {
    if (on_all_ips_ || is_wildcard_host(address.host)) address.host.clear();
    auto same = [&](const Port& port) { return port.address == address; };
    if (std::none_of(ports_.begin(), ports_.end(), same)) ports_.push_back({.address = address});
  }
  OKAPI_ASSERT(!ports_.empty() && first_token_ + ports_.size() <= kTokensEnd);
}

void ElectionListener::move(const std::vector<HostPort>& addresses) {
  for (Port& port : ports_) {
    if (port.listener != nullptr) poller_.forget(*port.listener);
  }
  first_token_ += ports_.size();
  ports_.clear();
  set_ports(addresses);
}

ElectionListener::Port* ElectionListener::find(uint64_t token) {
  if (token < first_token_ || token - first_token_ >= ports_.size()) return nullptr;
  return &ports_[token - first_token_];
}

void ElectionListener::open_due(Mailbox<NameLookup>& replies, MonoTime now) {
  for (size_t index = 0; index < ports_.size(); ++index) {
    Port& port = ports_[index];
    const uint64_t token = first_token_ + index;
    if (port.resume && now >= *port.resume) {
      port.resume.reset();
      poller_.change(*port.listener, token, Interest::kRead);
    }
    if (port.listener != nullptr || now < port.next_try) continue;
    if (port.address.host.empty()) {
      bind(port, token, "", now);
    } else {
      port.next_try = now + kLookupWait;
      env_.resolver().look_up(port.address.host, token, replies);
    }
  }
}

void ElectionListener::on_lookup(const NameLookup& found, MonoTime now) {
  Port* port = find(found.ticket);
  if (port == nullptr || port->listener != nullptr) return;
  if (found.ips.empty()) return failed(*port, "its name is unknown", now);
  bind(*port, found.ticket, found.ips.front(), now);
}

void ElectionListener::bind(Port& port, uint64_t token, const std::string& ip, MonoTime now) {
  auto listener = env_.net().listen({.ip = ip, .port = port.address.port}, -1);
  if (!listener.ok()) return failed(port, listener.error().text, now);
  port.listener = std::move(*listener);
  poller_.watch(*port.listener, token, Interest::kRead);
  OKAPI_INFO(env_.log(), "Bound to {} address {}:{}", what_, port.listener->local().ip,
             port.listener->local().port);
}

void ElectionListener::failed(Port& port, const std::string& why, MonoTime now) {
  ++port.tries;
  std::string text = fmt::format("Cannot listen on {} address {}:{}: {}", what_, port.address.host,
                                 port.address.port, why);
  if (bind_retries_max_ > 0 && port.tries >= bind_retries_max_) {
    env_.fatal(static_cast<int>(ExitCode::kUnableToBind), text);
  }
  OKAPI_WARN(env_.log(), "{}; trying again", text);
  port.next_try = now + kBindPause;
}

std::unique_ptr<Stream> ElectionListener::accept(uint64_t token, MonoTime now) {
  Port* found = find(token);
  if (found == nullptr || found->listener == nullptr || found->resume) return nullptr;
  Port& port = *found;
  auto accepted = port.listener->accept();
  if (accepted.ok()) return std::move(*accepted);
  int64_t suppressed = 0;
  if (failed_log_.allow(now, suppressed)) {
    OKAPI_WARN(env_.log(), "{} ({} more like this)", accepted.error().text, suppressed);
  }
  port.resume = now + kAcceptPause;
  poller_.change(*port.listener, token, Interest::kNone);
  return nullptr;
}

std::optional<MonoTime> ElectionListener::deadline() const {
  std::optional<MonoTime> out;
  auto at = [&out](MonoTime time) { out = out ? std::min(*out, time) : time; };
  for (const Port& port : ports_) {
    if (port.resume) at(*port.resume);
    if (port.listener == nullptr) at(port.next_try);
  }
  return out;
}

bool ElectionListener::open() const {
  auto is_open = [](const Port& port) { return port.listener != nullptr; };
  return std::all_of(ports_.begin(), ports_.end(), is_open);
}

}  // namespace okapi
