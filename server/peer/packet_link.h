// One connection of the quorum port, either side: packets in, shared bytes out, and the raw stream
// that follows a SNAP. A part of LearnerHandler and LeaderLink; home thread only. Errors say why
// the connection is to be closed; they do not name the peer.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/env/net.h"
#include "common/proto/quorum_packet.h"
#include "server/config/limits.h"

namespace okapi {

struct PacketLinkOptions {
  PacketLimits packets = {};
  size_t outbox_bytes_max = Limits{}.quorum_outbox_bytes_max;
  size_t read_bytes_per_turn_max = Limits{}.quorum_read_bytes_per_turn_max;
};

// Of a stage with one socket: whether it can be read.
bool any_readable(Poller& poller);

class PacketLink {
 public:
  PacketLink(std::unique_ptr<Stream> stream, const PacketLinkOptions& options);

  Stream& stream() { return *stream_; }
  // "10.0.0.2:2888", for messages.
  std::string peer() const;

  // Takes what has come. After an error, what came before it is still given out.
  Status read();
  // The next whole packets; empty: until read() brings more.
  Result<PacketBatch> take();

  // From here on no packets come, but a raw stream, until end_raw() gives back what is behind it.
  void begin_raw();
  bool raw() const { return raw_.has_value(); }
  std::string take_raw();
  void end_raw(ByteView rest);

  // Error: the peer is too far behind.
  Status put(SharedBytes bytes);
  // One gathered write.
  Status write();
  size_t outbox_bytes() const { return out_bytes_; }
  // Whether the last write was cut short: the socket says when to go on.
  bool blocked() const { return blocked_ && out_bytes_ > 0; }

 private:
  // What is to be sent, in order: a large packet, or small ones in one piece.
  struct Piece {
    std::string gathered;
    SharedBytes shared;
    ByteView view() const { return shared.empty() ? ByteView(gathered) : shared.view(); }
    bool takes(size_t bytes) const;
  };

  void sent(size_t bytes);

  std::unique_ptr<Stream> stream_;
  PacketParser parser_;
  const size_t outbox_bytes_max_, read_bytes_max_;
  std::optional<std::string> raw_;
  std::deque<Piece> out_;
  size_t front_sent_ = 0;  // of the first piece
  std::string spare_;      // memory of a piece that is sent
  size_t out_bytes_ = 0;
  bool blocked_ = false;
};

}  // namespace okapi
