#include "server/peer/learner_handler.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/base/assert.h"

namespace okapi {
namespace {

// While a stream waits for the network its lease is looked at so often.
constexpr Millis kLeasePause{50};

}  // namespace

LearnerHandler::LearnerHandler(const LearnerSources& sources, LinkId id,
                               std::unique_ptr<Stream> stream, const LearnerHandlerOptions& options,
                               Mailbox<LearnerMail>& quorum_peer, Mailbox<HandlerNews>& acceptor)
    : sources_(sources),
      id_(id),
      options_(options),
      poller_(sources.env.net().make_poller(PollerKind::kSelector)),
      mail_(quorum_peer),
      news_(acceptor),
      link_(std::in_place, std::move(stream), options.packets) {
  poller_->watch(link_->stream(), 0, Interest::kNone);
}

LearnerHandler::~LearnerHandler() {
  if (link_) poller_->forget(link_->stream());
}

void LearnerHandler::begin(Bell& bell, const std::shared_ptr<LearnerHandler>& self) {
  self_ = self;
  orders.attach(bell);
  bell.ring(false);
}

void LearnerHandler::step(Turn& turn) {
  if (!hello_until_) hello_until_ = turn.now() + options_.hello_timeout;
  if (link_) take_orders();
  if (turn.borrowed() && link_) {
    // A guest sends what he ordered; all else is for the home.
    write(turn);
    if (!greeted_ || !reading_ || streaming()) turn.again();
    mail_.flush();
    news_.flush();
    return;
  }
  if (link_) read(turn);
  if (link_) stream_on(turn);
  if (link_) write(turn);
  mail_.flush();
  news_.flush();
}

// Orders.

void LearnerHandler::take_orders() {
  inbox_.clear();
  orders.drain(inbox_);
  for (HandlerOrder& order : inbox_) {
    // It must reach a link whose stream is stuck.
    if (auto* closed = std::get_if<CloseLink>(&order)) return end(closed->why);
    if (auto* send = std::get_if<SendTo>(&order)) waiting_bytes_ += send->bytes.size();
    waiting_.push_back(std::move(order));
  }
  carry_out_waiting();
}

void LearnerHandler::carry_out_waiting() {
  while (!waiting_.empty() && !streaming()) {
    HandlerOrder order = std::move(waiting_.front());
    waiting_.pop_front();
    if (auto* send = std::get_if<SendTo>(&order)) {
      waiting_bytes_ -= send->bytes.size();
      Status kept = link_->put(std::move(send->bytes));
      if (!kept.ok()) return end(kept.error().text);
      continue;
    }
    auto lease = sources_.leases.take();
    if (!lease) return end("the leader's database is about to change");
    if (auto* log = std::get_if<StreamLog>(&order)) {
      log_.emplace(sources_.env.disk(), options_.log, *log, std::move(*lease));
      OKAPI_INFO(sources_.env.log(), "Sending the log up to 0x{:x} to {}", log->log_to.value(),
                 link_->peer());
    } else {
      tree_.emplace(sources_.database, std::move(*lease));
      OKAPI_INFO(sources_.env.log(), "Sending a snapshot of 0x{:x} to {}", tree_->stamp().value(),
                 link_->peer());
    }
  }
  if (link_->outbox_bytes() + waiting_bytes_ > options_.packets.outbox_bytes_max) {
    end(fmt::format("{} bytes wait behind its stream", waiting_bytes_));
  }
}

// Streams.

void LearnerHandler::stream_on(Turn& turn) {
  if (!streaming()) return;
  if (Status done = advance(); !done.ok()) return end(done.error().text);
  if (!streaming()) {
    carry_out_waiting();
    if (link_ && streaming()) turn.again();
  } else if (link_->outbox_bytes() < options_.stream_bytes_max) {
    turn.again();
  } else {
    turn.wake_at(turn.now() + kLeasePause);
  }
}

Status LearnerHandler::advance() {
  if (log_) {
    auto state = log_->advance(*link_, options_.stream_bytes_max);
    if (!state.ok()) return state.error();
    if (*state == LogStream::State::kSent) mail_.add(LogSent{id_, log_->walk()});
    if (*state == LogStream::State::kUnusable) mail_.add(LogUnusable{id_});
    if (*state != LogStream::State::kMore) log_.reset();
    return {};
  }
  auto more = tree_->advance(*link_, options_.stream_bytes_max);
  if (!more.ok()) return more.error();
  if (!*more) {
    mail_.add(SnapshotSent{id_, tree_->stamp()});
    tree_.reset();
  }
  return {};
}

// What comes.

void LearnerHandler::read(Turn& turn) {
  if (!greeted_ && turn.now() >= *hello_until_) return end("it does not say what it is");
  if (!greeted_) turn.wake_at(*hello_until_);
  reading_ = account_.open() < options_.mail_bytes_max;
  if (!reading_) return turn.wake_at(turn.now() + MailAccount::kPause);
  if (!any_readable(*poller_)) return;
  // What came before an end counts.
  Status open = link_->read();
  if (Status good = hand_on(); !good.ok()) open = good;
  if (!open.ok()) end(open.error().text);
}

Status LearnerHandler::hand_on() {
  while (true) {
    auto packets = link_->take();
    if (!packets.ok()) return packets.error();
    size_t bytes = packets->bytes.size();
    if (bytes == 0) return {};
    if (!greeted_) OKAPI_TRY(greet(*PacketWalk(packets->bytes).next()));
    mail_.add(PacketsIn{id_, std::move(packets->bytes), account_.charge(bytes)});
  }
}

Status LearnerHandler::greet(const QuorumPacket& packet) {
  if (packet.type() != PacketType::kFollowerInfo && packet.type() != PacketType::kObserverInfo) {
    return Error{ErrorKind::kInvalid, fmt::format("it begins with {} (type {})",
                                                  name_of(packet.type()), packet.type_number)};
  }
  auto self = self_.lock();
  OKAPI_ASSERT(self != nullptr);
  greeted_ = true;
  mail_.add(LinkUp{id_, link_->stream().peer(), LearnerDoor(self, &self->orders)});
  news_.add({.link = id_});
  return {};
}

// What goes out.

void LearnerHandler::write(Turn& turn) {
  if (Status sent = link_->write(); !sent.ok()) return end(sent.error().text);
  if (!link_->blocked() && (link_->outbox_bytes() > 0 || streaming())) turn.again();
  set_interest();
}

void LearnerHandler::set_interest() {
  Interest wanted = link_->blocked() ? (reading_ ? Interest::kBoth : Interest::kWrite)
                                     : (reading_ ? Interest::kRead : Interest::kNone);
  if (wanted == interest_) return;
  interest_ = wanted;
  poller_->change(link_->stream(), 0, wanted);
}

void LearnerHandler::end(const std::string& why) {
  if (!link_) return;
  std::string text =
      fmt::format("Link {} with learner {} ends: {}", id_.value(), link_->peer(), why);
  OKAPI_INFO(sources_.env.log(), "{}", text);
  poller_->forget(link_->stream());
  link_.reset();
  log_.reset();
  tree_.reset();
  waiting_.clear();
  waiting_bytes_ = 0;
  if (greeted_) mail_.add(LinkDown{id_, std::move(text)});
  news_.add({.link = id_, .ended = true});
  mail_.flush();
  news_.flush();
}

}  // namespace okapi
