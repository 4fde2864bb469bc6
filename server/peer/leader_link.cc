#include "server/peer/leader_link.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/base/assert.h"

namespace okapi {
namespace {

// The loader is QuorumPeer's; here only the length counts.
class Nobody final : public SnapshotSink {
 public:
  Status on_session(SessionId, int32_t) override { return {}; }
  Status on_acl(int64_t, const jute::Vector<AclView>&) override { return {}; }
  Status on_node(ByteView, NullableView, int64_t, const StatPersisted&) override { return {}; }
};

}  // namespace

LeaderLink::LeaderLink(Env& env, const LeaderLinkOptions& options,
                       Mailbox<LeaderLinkMail>& quorum_peer)
    : env_(env),
      options_(options),
      poller_(env.net().make_poller(PollerKind::kSelector)),
      mail_(quorum_peer),
      dial_(std::in_place, env, *poller_, options.dial),
      nobody_(std::make_unique<Nobody>()) {}

LeaderLink::~LeaderLink() {
  env_.resolver().forget(lookups);
  if (link_) poller_->forget(link_->stream());
}

void LeaderLink::begin(Bell& bell) {
  orders.attach(bell);
  lookups.attach(bell);
  bell.ring(false);
}

void LeaderLink::step(Turn& turn) {
  got_packets_ = false;
  take_orders();
  if (turn.borrowed()) {
    // A guest sends what he ordered; all else is for the home.
    if (link_) write(turn);
    if (dial_ || !reading_) turn.again();
    mail_.flush();
    return;
  }
  if (dial_) dial(turn);
  if (link_) read(turn);
  if (link_) write(turn);
  if (got_packets_) turn.lend_to_waiting();
  mail_.flush();
}

void LeaderLink::take_orders() {
  orders_inbox_.clear();
  orders.drain(orders_inbox_);
  for (LeaderLinkOrder& order : orders_inbox_) {
    if (auto* closed = std::get_if<CloseLeaderLink>(&order)) return end(closed->why);
    if (!link_) continue;  // it has ended; QuorumPeer is told
    if (Status kept = link_->put(std::move(std::get<SendToLeader>(order).bytes)); !kept.ok()) {
      return end(kept.error().text);
    }
  }
}

void LeaderLink::dial(Turn& turn) {
  dial_->advance(lookups, turn.now());
  lookups_inbox_.clear();
  lookups.drain(lookups_inbox_);
  for (const NameLookup& found : lookups_inbox_) dial_->on_lookup(found, turn.now());
  for (const Readiness& one : poller_->ready()) dial_->on_ready(one.token, turn.now());
  if (auto stream = dial_->take(); stream != nullptr) {
    dial_.reset();
    link_.emplace(std::move(stream), options_.packets);
    poller_->watch(link_->stream(), 0, Interest::kNone);
    OKAPI_INFO(env_.log(), "Connected to the leader at {}", link_->peer());
    mail_.add(LeaderUp{link_->stream().peer()});
  } else if (auto why = dial_->failed(turn.now())) {
    end(*why);
  } else if (auto deadline = dial_->deadline()) {
    turn.wake_at(*deadline);
  }
}

void LeaderLink::read(Turn& turn) {
  if (account_.open() >= options_.mail_bytes_max) {
    reading_ = false;
    turn.wake_at(turn.now() + MailAccount::kPause);
    return;
  }
  reading_ = true;
  if (!any_readable(*poller_)) return;
  // What came before an end counts.
  Status open = link_->read();
  if (Status good = hand_on(); !good.ok()) open = good;
  if (!open.ok()) end(open.error().text);
}

Status LeaderLink::hand_on() {
  while (true) {
    if (link_->raw()) {
      OKAPI_TRY(hand_on_raw());
      if (link_->raw()) return {};
    }
    auto packets = link_->take();
    if (!packets.ok()) return packets.error();
    size_t bytes = packets->bytes.size();
    if (bytes == 0) return {};
    mail_.add(LeaderPackets{std::move(packets->bytes), account_.charge(bytes)});
    got_packets_ = true;
    if (!packets->snapshot) continue;
    link_->begin_raw();
    snapshot_.emplace(SnapshotForm::kWire, *nobody_, options_.snapshot_item_bytes_max);
  }
}

// What is behind the snapshot is packets again: whoever loads it must not take too much, and cannot
// give back in time.
Status LeaderLink::hand_on_raw() {
  std::string bytes = link_->take_raw();
  if (bytes.empty()) return {};
  auto taken = snapshot_->feed(bytes);
  if (!taken.ok()) return taken.error();
  bool last = snapshot_->done();
  if (last) {
    link_->end_raw(ByteView(bytes).substr(*taken));
    snapshot_.reset();
  }
  bytes.resize(*taken);
  size_t size = bytes.size();
  mail_.add(SnapshotBytes{std::move(bytes), last, account_.charge(size)});
  return {};
}

void LeaderLink::write(Turn& turn) {
  if (Status sent = link_->write(); !sent.ok()) return end(sent.error().text);
  if (link_->outbox_bytes() > 0 && !link_->blocked()) turn.again();
  set_interest(reading_);
}

void LeaderLink::set_interest(bool reading) {
  Interest wanted = link_->blocked() ? (reading ? Interest::kBoth : Interest::kWrite)
                                     : (reading ? Interest::kRead : Interest::kNone);
  if (wanted == interest_) return;
  interest_ = wanted;
  poller_->change(link_->stream(), 0, wanted);
}

void LeaderLink::end(const std::string& why) {
  if (!dial_ && !link_) return;
  std::string whom = link_ ? link_->peer() : dial_->leader();
  std::string text = fmt::format("Link with the leader at {} ends: {}", whom, why);
  OKAPI_INFO(env_.log(), "{}", text);
  if (link_) poller_->forget(link_->stream());
  link_.reset();
  dial_.reset();
  mail_.add(LeaderDown{std::move(text)});
}

}  // namespace okapi
