#include "tests/sim/sim_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/assert.h"

namespace okapi::sim {

SimStream::SimStream(SimNet& net, const CostMeter& meter, std::shared_ptr<Connection> connection,
                     int side, int number)
    : net_(net), meter_(meter), connection_(std::move(connection)), side_(side), number_(number) {
  connection_->ends[index(side_)] = this;
}

SimStream::~SimStream() {
  if (connection_->ends[index(side_)] != this) return;  // its program was killed before
  connection_->ends[index(side_)] = nullptr;
  // A kernel resets a connection that is closed with unread bytes.
  bool reset = reset_on_close_ || connection_->in(side_).waiting() > 0;
  net_.close_end(*connection_, side_, reset, meter_.now());
}

bool SimStream::usable() const { return connection_->ends[index(side_)] == this; }

IoResult SimStream::read(std::span<char> to) {
  OKAPI_ASSERT(!to.empty());
  if (!usable()) return {.state = IoState::kFailed, .error = EIO};
  Pipe& pipe = connection_->in(side_);
  size_t size = std::min(to.size(), pipe.waiting());
  if (size == 0) {
    if (connection_->broken[index(side_)]) return {.state = IoState::kFailed, .error = ECONNRESET};
    return {.state = pipe.fin ? IoState::kClosed : IoState::kWouldBlock};
  }
  Rng& dice = net_.world().rng();
  uint32_t rare = net_.options().short_read_one_in;
  if (rare != 0 && dice.chance(1, rare)) size = 1 + dice.below(std::min<size_t>(size, 8));
  std::memcpy(to.data(), pipe.arrived.data() + pipe.taken, size);
  pipe.taken += size;
  if (pipe.taken == pipe.arrived.size()) {
    pipe.arrived.clear();
    pipe.taken = 0;
  }
  // The window opened: the writer may go on.
  if (SimStream* writer = connection_->ends[index(1 - side_)]; writer != nullptr) writer->notify();
  return {.state = IoState::kOk, .bytes = size};
}

IoResult SimStream::write(std::span<const ByteView> parts) {
  if (!usable()) return {.state = IoState::kFailed, .error = EIO};
  if (connection_->broken[index(side_)]) return {.state = IoState::kFailed, .error = EPIPE};
  size_t limit = room();
  Rng& dice = net_.world().rng();
  uint32_t rare = net_.options().short_write_one_in;
  if (limit > 0 && rare != 0 && dice.chance(1, rare)) limit = std::min(limit, 1 + dice.below(8));
  Segment segment{.departs = meter_.now()};
  for (ByteView part : parts) {
    size_t take = std::min(part.size(), limit - segment.bytes.size());
    segment.bytes.append(part.substr(0, take));
  }
  size_t size = segment.bytes.size();
  if (size == 0) return {.state = limit == 0 ? IoState::kWouldBlock : IoState::kOk};
  net_.send_segment(*connection_, side_, std::move(segment));
  return {.state = IoState::kOk, .bytes = size};
}

size_t SimStream::room() const {
  if (!connection_->established && side_ == 0) return 0;
  const Pipe& pipe = connection_->out(side_);
  size_t used = pipe.flying_bytes + pipe.waiting();
  size_t window = net_.options().window_bytes;
  return used >= window ? 0 : window - used;
}

bool SimStream::readable() const {
  const Pipe& pipe = connection_->in(side_);
  return pipe.waiting() > 0 || pipe.fin || connection_->broken[index(side_)];
}

bool SimStream::writable() const { return connection_->broken[index(side_)] || room() > 0; }

SimListener::SimListener(SimNic& nic, const Endpoint& at, int number)
    : nic_(nic), at_(at), number_(number) {}

SimListener::~SimListener() {
  if (!open_) return;
  nic_.listeners_.erase(at_.port);
  for (auto& connection : waiting_) {
    nic_.net_.close_end(*connection, 1, true, nic_.meter_.now());
  }
}

void SimListener::queue(std::shared_ptr<Connection> connection) {
  waiting_.push_back(std::move(connection));
  notify();
}

Result<std::unique_ptr<Stream>> SimListener::accept() {
  SimNet& net = nic_.net_;
  if (waiting_.empty()) return std::unique_ptr<Stream>();
  uint32_t rare = net.options().accept_error_one_in;
  if (rare != 0 && net.world().rng().chance(1, rare)) {
    return Error{ErrorKind::kIo, "accept: too many open files"};
  }
  auto connection = std::move(waiting_.front());
  waiting_.pop_front();
  return std::unique_ptr<Stream>(
      new SimStream(net, nic_.meter_, std::move(connection), 1, net.next_socket_++));
}

}  // namespace okapi::sim
