// What is done with each notification that comes (peer-protocol spec 2.5), whatever this server is
// at: answered, handed to the election, its configuration taken up, or dropped. No clock or thread;
// part of WorkerReceiver.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "server/election/election_mail.h"

namespace okapi {

class ReceiverRules {
 public:
  // Each server gets at most one answer in this time; then the one that is right by then
  // (X-ELE-11).
  static constexpr Millis kAnswerGap{10};

  struct Verdict {
    std::optional<Ballot> answer;
    std::vector<ElectionNews> news;
    const char* refused = nullptr;  // why a configuration was not taken up, for the log
  };

  ReceiverRules(ServerId self, const MembershipRules& membership)
      : self_(self), membership_(membership) {}

  // Before the first one nothing is answered and everything dropped.
  void set_standing(Standing standing);
  Verdict receive(ServerId from, Notification message, MonoTime now);
  // Answers that were put off and are due.
  std::vector<Ballot> due(MonoTime now);
  std::optional<MonoTime> deadline() const;

 private:
  struct Answered {
    MonoTime next;              // no answer before
    bool owes = false;          // one was asked for since
    bool sender_votes = false;  // a voter gets the vote with its own round
  };
  bool takes_config(ServerId from, const std::string& text, Verdict& verdict);
  void answer(ServerId to, bool sender_votes, MonoTime now, Verdict& verdict);
  Ballot ballot_for(ServerId to, bool sender_votes) const;

  const ServerId self_;
  const MembershipRules membership_;
  std::optional<Standing> standing_;
  std::string own_text_;  // of the current configuration
  std::map<ServerId, Answered> answered_;
};

}  // namespace okapi
