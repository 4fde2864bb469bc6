// What goes out on a connection, and how it ends.
#include <array>

#include "server/front/selector.h"

namespace okapi {
namespace {

// A connection keeps a buffer of this size between turns; what grew beyond is given back.
constexpr size_t kKeptBytes = 4096;

}  // namespace

void Selector::flush_clients() {
  // Flushing makes room, so a client that had to wait goes on and may produce more: once round.
  for (int pass = 0; pass < 2; ++pass) {
    // Answers to handshakes whose session is committed.
    if (worker_ != nullptr) {
      for (const AttachResult& opened : std::exchange(worker_->opened, {})) obey(opened);
    }
    for (ConnectionId id : clients_.take_dirty()) {
      Client* client = clients_.find(id);
      if (client == nullptr) continue;
      client->dirty = false;
      flush(*connections_[id.slot()], *client);
    }
    resume_paused(now_);
    if (!clients_.has_dirty()) return;
  }
}

void Selector::flush(Connection& connection, Client& client) {
  if (client.close_now) {
    close(connection, "its session is closed");
    return;
  }
  while (client.sent < client.out.size()) {
    std::array<ByteView, 1> parts = {ByteView(client.out).substr(client.sent)};
    IoResult result = connection.stream->write(parts);
    if (result.state == IoState::kWouldBlock) break;
    if (result.state != IoState::kOk) {
      lost(connection);
      return;
    }
    client.sent += result.bytes;
    connection.last_io = now_;
  }
  if (client.sent == client.out.size()) {
    client.out.clear();
    client.sent = 0;
    if (client.out.capacity() > kKeptBytes) std::string().swap(client.out);
    if (client.closing) {
      close(connection, "");
      return;
    }
  } else if (static_cast<int64_t>(client.out.size() - client.sent) >
             config_.limits.outbox_bytes_max) {
    bad_input(connection, fmt::format("{} bytes of replies unread", client.out.size()));
    return;
  }
  set_interest(connection, client.sent < client.out.size());
}

void Selector::set_interest(Connection& connection, bool write) {
  bool read = !connection.stopped && !connection.paused;
  Client* client = clients_.find(connection.id);
  write = write || client->sent < client->out.size();
  auto wanted = static_cast<Interest>((read ? 1 : 0) | (write ? 2 : 0));
  if (wanted == connection.interest) return;
  connection.interest = wanted;
  poller_.change(*connection.stream, connection.id.value(), wanted);
}

void Selector::close(Connection& connection, const char* why) {
  ConnectionId id = connection.id;
  Client& client = *clients_.find(id);
  if (*why != '\0') {
    OKAPI_DEBUG(env_.log(), "Closed socket connection for client /{}:{} (0x{:x}): {}",
                connection.stream->peer().ip, connection.stream->peer().port,
                static_cast<uint64_t>(client.session.value()), why);
  }
  for (const RequestPtr& left : throttle_.take_left_by(id)) {
    if (worker_->admit(*left)) worker_->submit(client, *left, now_);
  }
  if (worker_ != nullptr) worker_->forget(client);
  if (connection.touched) {
    // Its session lives on: nothing that kept it alive may be lost with the connection.
    Touches last{index_, false, {{client.session, connection.touched_at, connection.timeout_ms}}};
    to_tracker_.add(std::move(last));
  }
  if (client.session != SessionId()) to_tracker_.add(ConnectionClosed{id, client.session});
  poller_.forget(*connection.stream);
  to_acceptor.add(AddressFreed{connection.stream->peer().ip, connection.refused});
  connections_count_.add(-1);
  clients_.close(id);
  connections_[id.slot()].reset();
}

void Selector::lost(Connection& connection) {
  metrics_.dropped.add();
  int64_t suppressed = 0;
  if (connection.phase == Phase::kOpen && closed_log_.allow(now_, suppressed)) {
    OKAPI_INFO(env_.log(),
               "Unable to read additional data from client, it probably closed the socket: address "
               "= /{}:{}, session = 0x{:x} ({} more like this)",
               connection.stream->peer().ip, connection.stream->peer().port,
               static_cast<uint64_t>(clients_.find(connection.id)->session.value()), suppressed);
  }
  close(connection, "closed by the client");
}

void Selector::bad_input(Connection& connection, const std::string& what) {
  int64_t suppressed = 0;
  if (bad_input_log_.allow(now_, suppressed)) {
    OKAPI_WARN(env_.log(), "{} from /{}:{}, connection closed ({} more like this)", what,
               connection.stream->peer().ip, connection.stream->peer().port, suppressed);
  }
  close(connection, "bad input");
}

}  // namespace okapi
