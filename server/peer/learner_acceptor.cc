#include "server/peer/learner_acceptor.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr int kAcceptsPerStep = 64;
// "LrnHandler:" leaves four digits of a thread's name.
constexpr size_t kHomesMax = 9'999;

}  // namespace

LearnerAcceptor::LearnerAcceptor(const LearnerSources& sources,
                                 const LearnerAcceptorOptions& options,
                                 Mailbox<LearnerMail>& quorum_peer)
    : sources_(sources),
      options_(options),
      quorum_peer_(quorum_peer),
      poller_(sources.env.net().make_poller(PollerKind::kGeneral)),
      // Without a port the leader finds no quorum and steps down by itself.
      listener_(sources.env, *poller_,
                {.addresses = options.addresses,
                 .on_all_ips = options.listen_on_all_ips,
                 .bind_retries_max = 0,
                 .what = "quorum"}) {
  OKAPI_ASSERT(options.learners_max < kHomesMax && options.silent_max < options.learners_max);
}

LearnerAcceptor::~LearnerAcceptor() {
  sources_.env.resolver().forget(lookups);
  while (!handlers_.empty()) remove(handlers_.begin()->first, "the term is over");
}

void LearnerAcceptor::begin(Bell& bell) {
  news.attach(bell);
  lookups.attach(bell);
  bell.ring(false);
}

void LearnerAcceptor::step(Turn& turn) {
  listener_.open_due(lookups, turn.now());
  lookups_inbox_.clear();
  lookups.drain(lookups_inbox_);
  for (const NameLookup& found : lookups_inbox_) listener_.on_lookup(found, turn.now());
  take_news();
  for (const Readiness& one : poller_->ready()) accept_some(one.token, turn.now());
  if (auto deadline = listener_.deadline()) turn.wake_at(*deadline);
}

void LearnerAcceptor::take_news() {
  news_inbox_.clear();
  news.drain(news_inbox_);
  for (const HandlerNews& one : news_inbox_) {
    silent_.erase(one.link);
    if (one.ended) remove(one.link, "");
  }
}

void LearnerAcceptor::accept_some(uint64_t token, MonoTime now) {
  for (int i = 0; i < kAcceptsPerStep; ++i) {
    auto stream = listener_.accept(token, now);
    if (stream == nullptr) return;
    if (handlers_.size() < options_.learners_max) {
      add(std::move(stream));
      continue;
    }
    int64_t suppressed = 0;
    if (refused_log_.allow(now, suppressed)) {
      OKAPI_WARN(sources_.env.log(), "Refused learner {}:{}: {} are connected ({} more like this)",
                 stream->peer().ip, stream->peer().port, handlers_.size(), suppressed);
    }
  }
}

void LearnerAcceptor::add(std::unique_ptr<Stream> stream) {
  LinkId link((uint64_t{options_.term} << 32) | next_++);
  size_t home = 1;
  while (homes_.contains(home)) ++home;
  homes_.insert(home);
  auto handler = std::make_shared<LearnerHandler>(sources_, link, std::move(stream),
                                                  options_.handler, quorum_peer_, news);
  StageOptions stage{.home = fmt::format("LrnHandler:{}", home),
                     .lending = Lending::kAnyone,
                     .poller = handler->poller()};
  Bell& bell = sources_.env.scheduler().enroll(*handler, stage);
  handler->begin(bell, handler);
  handlers_[link] = {std::move(handler), home};
  silent_.insert(link);
  if (silent_.size() > options_.silent_max) {
    remove(*silent_.begin(), "too many connections that do not say what they are");
  }
}

// QuorumPeer may keep the handler's order box for a while; the stage and its socket are gone.
void LearnerAcceptor::remove(LinkId link, const std::string& why) {
  auto node = handlers_.extract(link);
  if (node.empty()) return;  // its news came late
  sources_.env.scheduler().retire(*node.mapped().handler);
  node.mapped().handler->end(why);
  homes_.erase(node.mapped().home);
  silent_.erase(link);
}

}  // namespace okapi
