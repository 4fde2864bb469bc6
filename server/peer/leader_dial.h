// The way to the leader: all its addresses at once, each looked up and dialled again and again
// within the budget; the first connection that stands is the one (peer-protocol spec 4.3). A part
// of LeaderLink; home thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/env/env.h"
#include "common/proto/host_port.h"

namespace okapi {

struct LeaderDialOptions {
  std::vector<HostPort> addresses{};  // the leader's quorum addresses; at least one
  Nanos budget{};                     // connectToLearnerMasterLimit or else initLimit, in ticks
  Nanos attempt{};                    // look-up and connect of one try: syncLimit ticks
  Nanos pause = Millis(100);          // leaderConnectDelayDuringRetryMs
  int32_t tries_max = 5;              // of each address, at that pace
  // Before these: a leader that was elected just now is about to listen.
  Nanos first_pause = Millis(2);
};

class LeaderDial {
 public:
  // Address i is watched as token i; lookups use the same numbers as tickets.
  LeaderDial(Env& env, Poller& poller, const LeaderDialOptions& options);
  ~LeaderDial();

  // Begins what is due; look-ups are answered to `replies`. The first call starts the budget.
  void advance(Mailbox<NameLookup>& replies, MonoTime now);
  void on_lookup(const NameLookup& found, MonoTime now);
  void on_ready(uint64_t token, MonoTime now);
  // The connection, once there is one; watched no more. The others are given up.
  std::unique_ptr<Stream> take();
  // Why there will be none.
  std::optional<std::string> failed(MonoTime now) const;
  std::optional<MonoTime> deadline() const;
  // "a:2888, b:2888", for messages.
  std::string leader() const;

 private:
  struct Attempt {
    enum class Phase { kPause, kLookUp, kConnect, kGivenUp };
    HostPort to;
    Phase phase = Phase::kPause;
    MonoTime until{};
    int32_t tries = 0;
    int32_t paced_tries = 0;
    Nanos next_pause{};  // doubles up to the configured one
    std::unique_ptr<Stream> stream{};
  };
  void end(Attempt& attempt, const std::string& why, MonoTime now);

  Env& env_;
  Poller& poller_;
  const LeaderDialOptions options_;
  std::vector<Attempt> attempts_;
  std::optional<MonoTime> budget_until_;
  std::unique_ptr<Stream> won_;
  std::string last_failure_ = "nothing answered";
};

}  // namespace okapi
