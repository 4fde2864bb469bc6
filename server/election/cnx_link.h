// One election connection: its bytes in and out, cut into the initial message and frames
// (peer-protocol spec 1.2 to 1.4, safety X-ELE-07). Owned by QuorumCnx; home thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/env/net.h"
#include "server/election/initial_message.h"

namespace okapi {

class CnxLink {
 public:
  enum class Phase {
    kConnecting,  // dialled; our initial message is not out yet
    kGreeting,    // accepted; the peer has not said who it is
    kUp,
  };
  // Longest message.
  static constexpr int32_t kMessageBytesMax = 512 * 1024;
  static constexpr int kUnansweredMax = 3;
  static constexpr Millis kMuteAfter{10'000};

  CnxLink(std::unique_ptr<Stream> stream, Phase phase, MonoTime deadline)
      : stream_(std::move(stream)), phase_(phase), deadline_(deadline) {}

  Stream& stream() { return *stream_; }
  Phase phase() const { return phase_; }
  // Until then kConnecting and kGreeting must be over.
  MonoTime deadline() const { return deadline_; }
  ServerId sid() const { return sid_; }
  void set_sid(ServerId sid) { sid_ = sid; }
  void set_up() { phase_ = Phase::kUp; }

  // Takes what has come, up to `bytes_max`. The error says why the link is to be closed.
  Status read(size_t bytes_max);
  // The initial message, once it is complete.
  Result<std::optional<InitialMessage>> take_greeting();
  // Cuts what was read into frames and keeps the newest in held(): an older one says nothing that
  // it does not.
  Status cut_frames();
  // What was heard and not handed on yet.
  std::optional<SharedBytes>& held() { return held_; }

  // Whether several messages in a row, over some time, brought nothing back: whoever looks for a
  // leader is answered by all, so the way is dead though nobody said so (F-NET-04).
  bool is_mute(MonoTime now) const {
    return unanswered_ >= kUnansweredMax && now >= first_unanswered_ + kMuteAfter;
  }

  // Bytes to send as they are, behind those not yet sent.
  void put(ByteView bytes) { out_ += bytes; }
  void put_frame(ByteView message, MonoTime now);
  bool wants_write() const { return !out_.empty(); }
  Status write();

 private:
  std::unique_ptr<Stream> stream_;
  Phase phase_;
  MonoTime deadline_;
  ServerId sid_;  // from the dial, or by the peer's word
  std::string in_, out_;
  std::optional<SharedBytes> held_;
  int unanswered_ = 0;
  MonoTime first_unanswered_{};
};

}  // namespace okapi
