// One client session over one connection at a time: handshake, request numbers, reply matching,
// pings, watches and credentials across reconnects. A part: bytes and time come in, bytes to send
// and deliveries come out. One thread at a time. Requests may be made in any state; made before the
// handshake is done they travel behind it, made on a dead session they come back kLost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/core/delivery.h"
#include "client/core/multi_request.h"
#include "client/core/ring.h"
#include "client/core/watch_registry.h"
#include "common/base/time.h"
#include "common/jute/output_archive.h"
#include "common/proto/frame.h"
#include "common/proto/watch_modes.h"

namespace okapi {

enum class Watch : bool { kNo, kYes };

class ClientSession {
 public:
  struct Options {
    Millis timeout{30'000};          // asked for; the server decides
    Millis connect_timeout{10'000};  // for the answer to the handshake
    bool may_be_read_only = false;
    // False spares a busy load generator the bookkeeping, and a reconnect arms nothing again.
    bool keep_watches = true;
    // A session made earlier, to attach to; 0 makes a new one.
    SessionId session_id{};
    std::string password{};
    Zxid last_zxid_seen{};
    size_t frame_bytes_max = size_t{128} << 20;
  };
  enum class State : uint8_t {
    kDisconnected,
    kConnecting,  // the connection is there, the handshake is not answered
    kConnected,
    kExpired,  // this and the following are final
    kAuthFailed,
    kClosed,
  };

  explicit ClientSession(Options options);

  // --- connection ---
  // A fresh connection is there: queues handshake, credentials, watches, then what waited.
  void connected(MonoTime now);
  // The connection is gone: what was unanswered comes out of next() as kLost.
  void disconnected();
  // Bytes to send, and how many of them the connection took.
  ByteView output() const { return ByteView(out_).substr(out_sent_); }
  void sent(size_t bytes, MonoTime now);
  // Bytes that came. The next call waits until next() has given false; `bytes` must live so long.
  void receive(ByteView bytes, MonoTime now);
  // The next delivery, if there is one. Its views die with the next call that is not a request.
  bool next(Delivery& out);
  // Queues a ping when one is due. False: nothing came for too long, hang up.
  [[nodiscard]] bool tick(MonoTime now);
  // When to call tick() again.
  MonoTime next_tick() const;

  // --- requests; `tag` comes back with the reply ---
  Xid create(const CreateArgs& args, uint64_t tag = 0);
  Xid remove(ByteView path, int32_t version = -1, uint64_t tag = 0);
  Xid exists(ByteView path, Watch watch = Watch::kNo, uint64_t tag = 0);
  Xid get_data(ByteView path, Watch watch = Watch::kNo, uint64_t tag = 0);
  Xid set_data(ByteView path, NullableView data, int32_t version = -1, uint64_t tag = 0);
  Xid get_children(ByteView path, Watch watch = Watch::kNo, uint64_t tag = 0);
  Xid get_children2(ByteView path, Watch watch = Watch::kNo, uint64_t tag = 0);
  Xid get_all_children_number(ByteView path, uint64_t tag = 0);
  Xid get_ephemerals(NullableView prefix, uint64_t tag = 0);
  Xid get_acl(ByteView path, uint64_t tag = 0);
  Xid set_acl(ByteView path, std::span<const AclView> acl, int32_t version = -1, uint64_t tag = 0);
  Xid sync(ByteView path, uint64_t tag = 0);
  Xid multi(const MultiRequest& ops, uint64_t tag = 0);
  Xid multi_read(const MultiRequest& ops, uint64_t tag = 0);
  Xid reconfig(const ReconfigRequest& request, uint64_t tag = 0);
  Xid add_watch(ByteView path, AddWatchMode mode, uint64_t tag = 0);
  Xid check_watches(ByteView path, WatcherType type, uint64_t tag = 0);
  Xid remove_watches(ByteView path, WatcherType type, uint64_t tag = 0);
  Xid who_am_i(uint64_t tag = 0);
  Xid sasl(NullableView token, uint64_t tag = 0);
  // Credentials; remembered and sent again with every handshake.
  void add_auth(ByteView scheme, ByteView auth, uint64_t tag = 0);
  // Any op with a body encoded by the caller, for tests of servers.
  Xid raw(OpCode op, ByteView body, uint64_t tag = 0);
  // Ends the session; answered by kClosed.
  void close(uint64_t tag = 0);

  // --- what is known ---
  State state() const { return state_; }
  bool is_dead() const { return state_ >= State::kExpired; }
  bool is_read_only() const { return read_only_; }
  SessionId id() const { return id_; }
  ByteView password() const { return password_; }
  // Negotiated with the server; before that, as asked for.
  Millis timeout() const { return timeout_; }
  Zxid last_zxid_seen() const { return last_zxid_; }
  // Requests without a reply.
  size_t in_flight() const { return in_flight_.size(); }
  const WatchRegistry& watches() const { return watches_; }

 private:
  // What the reply changes in the registry of watches.
  enum class WatchEffect : uint8_t { kNone, kData, kExists, kChild, kAddMode0, kAddMode1, kRemove };
  struct InFlight {
    uint64_t tag = 0;
    int32_t xid = 0;
    int16_t op = 0;
    WatchEffect effect = WatchEffect::kNone;
  };
  struct WatchedPath {
    std::string path{};
    WatcherType removed = WatcherType::kAny;
  };
  struct Credentials {
    std::string scheme{}, auth{};
    uint64_t tag = 0;
    bool reported = false;  // its first reply went to the caller
  };

  template <class Fill>
  Xid submit(OpCode op, uint64_t tag, Fill&& fill);
  template <class Fill>
  Xid submit_watching(OpCode op, WatchEffect effect, WatchedPath watched, uint64_t tag,
                      Fill&& fill);
  Xid read(OpCode op, ByteView path, Watch watch, uint64_t tag);
  void put_connect_request(std::string& out) const;
  void put_auth(std::string& out, const Credentials& credentials) const;
  void put_rearmed_watches(std::string& out);

  bool take_frame(ByteView& frame);
  void keep_rest(ByteView rest);
  bool on_frame(ByteView frame, Delivery& out);
  bool on_connect_response(ByteView frame, Delivery& out);
  bool on_reply(const ReplyHeader& header, ByteView body, Delivery& out);
  bool on_event(const ReplyHeader& header, ByteView body, Delivery& out);
  bool on_auth_reply(const ReplyHeader& header, Delivery& out);
  void apply_watch_effect(WatchEffect effect, ErrorCode err);
  bool broken(const char* why, Delivery& out);
  void die(State state);
  void lose_everything();

  Options options_;
  State state_ = State::kDisconnected;
  bool read_only_ = false;
  bool seen_read_write_ = false;  // a session of a read-only server is unknown to all others
  bool broken_ = false;
  bool drained_ = true;  // next() has given false since the last receive()
  SessionId id_;
  std::string password_;
  Millis timeout_;
  Zxid last_zxid_;
  int32_t next_xid_ = 1;
  MonoTime last_sent_{}, last_heard_{};

  std::string out_;
  size_t out_sent_ = 0;
  ByteView unread_;      // whole and broken frames not looked at yet
  std::string partial_;  // start of a frame whose rest has not come
  Ring<InFlight> in_flight_;
  Ring<InFlight> lost_;
  Ring<WatchedPath> watched_;  // one for each in-flight request with a watch effect
  std::vector<Credentials> credentials_;
  size_t auth_replies_ = 0;  // that came on this connection
  WatchRegistry watches_;
};

}  // namespace okapi
