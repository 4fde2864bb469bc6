#include "server/peer/leader_dial.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "common/base/assert.h"

namespace okapi {

LeaderDial::LeaderDial(Env& env, Poller& poller, const LeaderDialOptions& options)
    : env_(env), poller_(poller), options_(options) {
  OKAPI_ASSERT(!options.addresses.empty());
  for (const HostPort& address : options.addresses) {
    attempts_.push_back(
        {.to = address, .next_pause = std::min(options.first_pause, options.pause)});
  }
}

LeaderDial::~LeaderDial() {
  for (Attempt& attempt : attempts_) {
    if (attempt.stream != nullptr) poller_.forget(*attempt.stream);
  }
}

void LeaderDial::advance(Mailbox<NameLookup>& replies, MonoTime now) {
  if (!budget_until_) budget_until_ = now + options_.budget;
  for (size_t token = 0; token < attempts_.size(); ++token) {
    Attempt& attempt = attempts_[token];
    if (attempt.phase == Attempt::Phase::kGivenUp || now < attempt.until) continue;
    if (attempt.phase != Attempt::Phase::kPause) {
      end(attempt, "nothing came in time", now);
      continue;
    }
    ++attempt.tries;
    attempt.phase = Attempt::Phase::kLookUp;
    attempt.until = now + options_.attempt;
    env_.resolver().look_up(attempt.to.host, token, replies);
  }
}

void LeaderDial::end(Attempt& attempt, const std::string& why, MonoTime now) {
  last_failure_ = fmt::format("{}:{}: {}", attempt.to.host, attempt.to.port, why);
  if (attempt.stream != nullptr) poller_.forget(*attempt.stream);
  attempt.stream.reset();
  bool quick = attempt.next_pause < options_.pause;
  attempt.paced_tries += quick ? 0 : 1;
  bool again = attempt.paced_tries < options_.tries_max;
  attempt.phase = again ? Attempt::Phase::kPause : Attempt::Phase::kGivenUp;
  attempt.until = now + attempt.next_pause;
  if (quick) attempt.next_pause = std::min(attempt.next_pause * 2, options_.pause);
}

void LeaderDial::on_lookup(const NameLookup& found, MonoTime now) {
  Attempt& attempt = attempts_.at(found.ticket);
  if (attempt.phase != Attempt::Phase::kLookUp) return;
  if (found.ips.empty()) return end(attempt, "its name is unknown", now);
  size_t which = static_cast<size_t>(attempt.tries - 1) % found.ips.size();
  auto stream = env_.net().connect({.ip = found.ips[which], .port = attempt.to.port});
  if (!stream.ok()) return end(attempt, stream.error().text, now);
  attempt.stream = std::move(*stream);
  attempt.phase = Attempt::Phase::kConnect;
  poller_.watch(*attempt.stream, found.ticket, Interest::kWrite);
}

void LeaderDial::on_ready(uint64_t token, MonoTime now) {
  Attempt& attempt = attempts_.at(token);
  if (attempt.phase != Attempt::Phase::kConnect || won_ != nullptr) return;
  // Writing nothing tells whether the connection stands.
  ByteView nothing;
  IoResult result = attempt.stream->write(std::span(&nothing, 1));
  if (result.state == IoState::kWouldBlock) return;
  if (result.state != IoState::kOk) return end(attempt, std::strerror(result.error), now);
  poller_.forget(*attempt.stream);
  won_ = std::move(attempt.stream);
}

std::unique_ptr<Stream> LeaderDial::take() { return std::move(won_); }

std::optional<std::string> LeaderDial::failed(MonoTime now) const {
  if (won_ != nullptr) return std::nullopt;
  auto over = [](const Attempt& one) { return one.phase == Attempt::Phase::kGivenUp; };
  bool late = budget_until_ && now >= *budget_until_;
  if (!late && !std::all_of(attempts_.begin(), attempts_.end(), over)) return std::nullopt;
  return fmt::format("no connection{}: {}", late ? " in time" : "", last_failure_);
}

std::optional<MonoTime> LeaderDial::deadline() const {
  std::optional<MonoTime> out = budget_until_;
  for (const Attempt& attempt : attempts_) {
    if (attempt.phase == Attempt::Phase::kGivenUp) continue;
    out = out ? std::min(*out, attempt.until) : attempt.until;
  }
  return out;
}

std::string LeaderDial::leader() const {
  std::string out;
  for (const HostPort& address : options_.addresses) {
    out += fmt::format("{}{}:{}", out.empty() ? "" : ", ", address.host, address.port);
  }
  return out;
}

}  // namespace okapi
