#include "server/election/worker_receiver.h"

#include <utility>

namespace okapi {

void WorkerReceiver::attach(Bell& bell) {
  frames.attach(bell);
  standings.attach(bell);
}

void WorkerReceiver::step(Turn& turn) {
  standings_inbox_.clear();
  if (standings.drain(standings_inbox_)) rules_.set_standing(std::move(standings_inbox_.back()));
  frames_inbox_.clear();
  frames.drain(frames_inbox_);
  for (const IncomingFrame& frame : frames_inbox_) receive(frame, turn.now());
  for (Ballot& ballot : rules_.due(turn.now())) answers.add(std::move(ballot));
  if (auto deadline = rules_.deadline()) turn.wake_at(*deadline);
  news.flush();
  answers.flush();
}

void WorkerReceiver::receive(const IncomingFrame& frame, MonoTime now) {
  auto message = parse_notification(frame.message.view());
  if (!message.ok()) return refuse(frame.from, message.error().text, now);
  auto verdict = rules_.receive(frame.from, std::move(*message), now);
  if (verdict.refused != nullptr) refuse(frame.from, verdict.refused, now);
  if (verdict.answer) answers.add(std::move(*verdict.answer));
  for (ElectionNews& item : verdict.news) news.add(std::move(item));
}

void WorkerReceiver::refuse(ServerId from, std::string_view why, MonoTime now) {
  int64_t suppressed = 0;
  if (!refused_log_.allow(now, suppressed)) return;
  OKAPI_WARN(log_, "Election message of server {}: {} ({} more like this)", from.value(), why,
             suppressed);
}

}  // namespace okapi
