#include "server/election/quorum_cnx_manager.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

QuorumCnxManager::QuorumCnxManager(Env& env, Poller& poller, const QuorumCnxOptions& options)
    : env_(env),
      poller_(poller),
      options_(options),
      own_(options.listen.addresses),
      listener_(env, poller, options.listen),
      policy_(options.self, options.policy) {}

QuorumCnxManager::~QuorumCnxManager() {
  env_.resolver().forget(lookups);
  for (auto& [token, entry] : links_) poller_.forget(entry.link.stream());
}

void QuorumCnxManager::attach(Bell& bell) {
  outgoing.attach(bell);
  peers.attach(bell);
  lookups.attach(bell);
}

void QuorumCnxManager::step(Turn& turn) {
  MonoTime now = turn.now();
  listener_.open_due(lookups, now);
  take_mail(now);
  for (const Readiness& one : poller_.ready()) {
    if (one.token < ElectionListener::kTokensEnd) {
      accept_some(one.token, now);
    } else {
      on_ready(one.token, now);
    }
  }
  expire(now);
  begin_dials(now);
  send_waiting(now);
  hand_on(turn);
  links.flush();
  sleep(turn);
}

void QuorumCnxManager::take_mail(MonoTime now) {
  peers_inbox_.clear();
  peers.drain(peers_inbox_);
  for (CnxPeers& newer : peers_inbox_) take(newer, now);
  outgoing_inbox_.clear();
  outgoing.drain(outgoing_inbox_);
  for (const OutgoingFrame& frame : outgoing_inbox_) {
    for (ServerId sid : frame.to) policy_.post(sid, frame.message);
  }
  lookups_inbox_.clear();
  lookups.drain(lookups_inbox_);
  for (const NameLookup& found : lookups_inbox_) {
    if (found.ticket < ElectionListener::kTokensEnd) {
      listener_.on_lookup(found, now);
    } else if (auto asked = waiting_lookups_.extract(found.ticket); !asked.empty()) {
      connect(asked.mapped().order, found.ips, now);
    }
  }
}

// Compat: the reference closes all its connections at every reconfiguration; those that stand serve
// on here.
void QuorumCnxManager::take(CnxPeers& newer, MonoTime now) {
  if (!newer.own.empty() && newer.own != own_) {
    own_ = newer.own;
    listener_.move(own_);
    listener_.open_due(lookups, now);
  }
  policy_.set_peers(std::move(newer));
}

// Opening and closing.

uint64_t QuorumCnxManager::add(std::unique_ptr<Stream> stream, CnxLink::Phase phase,
                               MonoTime deadline) {
  if (options_.tcp_keep_alive) stream->keep_alive();
  uint64_t token = next_token_++;
  Entry fresh{.link = CnxLink(std::move(stream), phase, deadline)};
  Entry& entry = links_.emplace(token, std::move(fresh)).first->second;
  poller_.watch(entry.link.stream(), token, Interest::kNone);
  set_interest(token, entry);
  return token;
}

void QuorumCnxManager::set_interest(uint64_t token, Entry& entry) {
  Interest wanted = entry.link.wants_write() || entry.link.phase() == CnxLink::Phase::kConnecting
                        ? Interest::kBoth
                        : Interest::kRead;
  if (wanted == entry.interest) return;
  entry.interest = wanted;
  poller_.change(entry.link.stream(), token, wanted);
}

void QuorumCnxManager::close(uint64_t token, const std::string& why, MonoTime now) {
  auto node = links_.extract(token);
  OKAPI_ASSERT(!node.empty());
  CnxLink& link = node.mapped().link;
  const Endpoint& peer = link.stream().peer();
  int64_t suppressed = 0;
  if (closed_log_.allow(now, suppressed)) {
    OKAPI_INFO(env_.log(), "Election connection with {}:{} (server {}) ends: {} ({} more)", peer.ip,
               peer.port, link.sid().value(), why, suppressed);
  }
  poller_.forget(link.stream());
  greeting_.erase(token);
  if (link.phase() == CnxLink::Phase::kConnecting) policy_.dial_ended(link.sid(), now);
  auto used = up_.find(link.sid());
  if (used != up_.end() && used->second == token) {
    up_.erase(used);
    policy_.link_down(link.sid());
    links.add(LinkNews{link.sid(), false});
  }
}

void QuorumCnxManager::accept_some(uint64_t token, MonoTime now) {
  for (size_t i = 0; i < options_.accepts_per_turn_max; ++i) {
    auto stream = listener_.accept(token, now);
    if (stream == nullptr) return;
    greeting_.insert(
        add(std::move(stream), CnxLink::Phase::kGreeting, now + options_.handshake_timeout));
    if (greeting_.size() > options_.half_open_max) {
      close(*greeting_.begin(), "too many connections that do not say who they are", now);
    }
  }
}

void QuorumCnxManager::begin_dials(MonoTime now) {
  for (DialOrder& order : policy_.dials_due(now)) {
    uint64_t ticket = next_token_++;
    std::string host = order.to.host;
    waiting_lookups_[ticket] = {std::move(order), now + options_.connect_timeout};
    env_.resolver().look_up(host, ticket, lookups);
  }
}

void QuorumCnxManager::connect(const DialOrder& order, const std::vector<std::string>& ips,
                               MonoTime now) {
  if (ips.empty()) return policy_.dial_ended(order.sid, now);
  auto stream = env_.net().connect({.ip = ips[order.attempt % ips.size()], .port = order.to.port});
  if (!stream.ok()) return policy_.dial_ended(order.sid, now);
  uint64_t token =
      add(std::move(*stream), CnxLink::Phase::kConnecting, now + options_.connect_timeout);
  CnxLink& link = links_.at(token).link;
  link.set_sid(order.sid);
  link.put(encode_initial_message(options_.self, own_, options_.multi_address));
}

void QuorumCnxManager::keep(uint64_t token, CnxLink& link) {
  auto older = up_.find(link.sid());
  if (older != up_.end()) {
    auto node = links_.extract(older->second);
    poller_.forget(node.mapped().link.stream());
  } else {
    links.add(LinkNews{link.sid(), true});
  }
  up_[link.sid()] = token;
  link.set_up();
  policy_.link_up(link.sid());
}

// What comes.

void QuorumCnxManager::on_ready(uint64_t token, MonoTime now) {
  auto found = links_.find(token);
  if (found == links_.end()) return;
  CnxLink& link = found->second.link;
  if (link.phase() == CnxLink::Phase::kConnecting) {
    return on_dialled(token, link, now);
  }
  // What came before an end counts: a server that only knocks says who it is and closes.
  Status open = link.read(options_.read_bytes_per_turn_max);
  if (link.phase() == CnxLink::Phase::kGreeting && !on_greeting(token, link, now)) return;
  if (link.phase() == CnxLink::Phase::kUp) {
    if (Status cut = link.cut_frames(); open.ok() && !cut.ok()) open = cut;
    if (!open.ok() && link.held()) {
      incoming.add({.from = link.sid(), .message = std::move(*link.held())});
    }
  }
  if (!open.ok()) close(token, open.error().text, now);
}

void QuorumCnxManager::on_dialled(uint64_t token, CnxLink& link, MonoTime now) {
  if (Status written = link.write(); !written.ok()) {
    return close(token, written.error().text, now);
  }
  if (link.wants_write()) return;
  if (!policy_.keeps_dialled(link.sid())) return close(token, "it is to dial us back", now);
  policy_.dial_ended(link.sid(), now);
  keep(token, link);
}

bool QuorumCnxManager::on_greeting(uint64_t token, CnxLink& link, MonoTime now) {
  auto message = link.take_greeting();
  if (!message.ok()) {
    close(token, message.error().text, now);
    return false;
  }
  if (!message->has_value()) return true;
  const InitialMessage& hello = **message;
  link.set_sid(hello.sid);
  const Endpoint& peer = link.stream().peer();
  auto decision = policy_.on_inbound(hello.sid, hello.addresses, peer.ip, now);
  switch (decision.action) {
    case CnxPolicy::Inbound::kKeep:
      greeting_.erase(token);
      keep(token, link);
      return true;
    case CnxPolicy::Inbound::kDialBack:
      if (auto used = up_.find(hello.sid); used != up_.end()) {
        close(used->second, "the server connects anew", now);
      }
      close(token, "it is dialled back", now);
      return false;
    case CnxPolicy::Inbound::kRefuse:
      close(token,
            fmt::format("{}; we are {}:{}", decision.why, link.stream().local().ip,
                        link.stream().local().port),
            now);
      return false;
  }
  return false;
}

// Time.

void QuorumCnxManager::expire(MonoTime now) {
  std::vector<uint64_t> late;
  for (auto& [token, entry] : links_) {
    bool waits = entry.link.phase() != CnxLink::Phase::kUp;
    if (waits && now >= entry.link.deadline()) late.push_back(token);
  }
  for (uint64_t token : late) close(token, "nothing came in time", now);
  for (auto asked = waiting_lookups_.begin(); asked != waiting_lookups_.end();) {
    if (now < asked->second.deadline) {
      ++asked;
      continue;
    }
    policy_.dial_ended(asked->second.order.sid, now);
    asked = waiting_lookups_.erase(asked);
  }
}

void QuorumCnxManager::sleep(Turn& turn) {
  auto at = [&turn](std::optional<MonoTime> time) {
    if (time) turn.wake_at(*time);
  };
  at(listener_.deadline());
  at(policy_.deadline());
  for (auto& [token, entry] : links_) {
    if (entry.link.phase() != CnxLink::Phase::kUp) at(entry.link.deadline());
  }
  for (auto& [ticket, asked] : waiting_lookups_) at(asked.deadline);
}

}  // namespace okapi
