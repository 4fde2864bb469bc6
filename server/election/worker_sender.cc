#include "server/election/worker_sender.h"

namespace okapi {

void WorkerSender::step(Turn&) {
  inbox_.clear();
  ballots.drain(inbox_);
  for (Ballot& ballot : inbox_) {
    if (ballot.config != config_) {
      config_ = std::move(ballot.config);
      text_ = config_->text();
    }
    frames.add({.to = std::move(ballot.to),
                .message = encode_notification(ballot.state, ballot.vote, text_)});
  }
  frames.flush();
}

}  // namespace okapi
