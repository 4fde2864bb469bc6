// A server of two stages, small enough to be right by inspection: the front takes lines from
// connections, the log appends and syncs them, and each line is echoed when it is durable. The
// simulator's own tests run it, with faults planted, to show that the simulator would see them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/env/mailbox.h"
#include "tests/sim/sim_node.h"

namespace okapi::sim {

enum class ToyFault {
  kNone,
  kAckBeforeSync,     // echoes what the log has not synced
  kNoDirectorySync,   // creates its file and never syncs the directory
  kIgnoreFailedSync,  // takes a failed sync for a success
};

inline constexpr uint16_t kToyPort = 7;
inline constexpr const char* kToyLog = "/data/log";

struct ToyLine {
  uint64_t connection = 0;
  std::string text;
};

class ToyLogStage final : public Stage {
 public:
  ToyLogStage(Env& env, ToyFault fault);
  void step(Turn& turn) override;

  Mailbox<ToyLine> lines;
  Sink<ToyLine> done;

 private:
  void sync(File& file);

  Env& env_;
  const ToyFault fault_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
};

class ToyFrontStage final : public Stage {
 public:
  explicit ToyFrontStage(Env& env);
  void step(Turn& turn) override;
  Poller& poller() { return *poller_; }

  Mailbox<ToyLine> done;
  Sink<ToyLine> lines;

 private:
  struct Peer {
    std::unique_ptr<Stream> stream;
    std::string in, out;
  };
  void accept();
  bool read(uint64_t id, Peer& peer);
  bool write(uint64_t id, Peer& peer);

  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Listener> listener_;
  std::map<uint64_t, Peer> peers_;
  uint64_t next_peer_ = 1;
};

class ToyServer final : public Program {
 public:
  ToyServer(Env& env, ToyFault fault);
  ~ToyServer() override;

 private:
  Env& env_;
  ToyLogStage log_;
  ToyFrontStage front_;
};

// Sends numbered lines, one after the other over one connection at a time, and remembers which
// were echoed.
class ToyClient final : public Program, public Stage {
 public:
  ToyClient(SimEnv& env, std::string server_ip, std::string name, size_t lines);
  ~ToyClient() override;
  void step(Turn& turn) override;

  const std::vector<std::string>& echoed() const { return echoed_; }
  bool finished() const { return sent_ == lines_; }

 private:
  void hang_up(Turn& turn);
  void send(Turn& turn);

  SimEnv& env_;
  const std::string server_ip_;
  const std::string name_;
  const size_t lines_;
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Stream> stream_;
  MonoTime dial_at_{};
  MonoTime give_up_at_{};
  std::string in_, out_;
  size_t sent_ = 0;
  std::vector<std::string> echoed_;
};

}  // namespace okapi::sim
