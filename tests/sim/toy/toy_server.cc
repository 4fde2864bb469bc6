#include "tests/sim/toy/toy_server.h"

#include <array>

#include "common/base/assert.h"

namespace okapi::sim {
namespace {

// Moves all that can be read to `in`; false when the connection is at its end.
bool read_all(Stream& stream, std::string& in) {
  std::array<char, 512> buffer;
  while (true) {
    IoResult result = stream.read(buffer);
    if (result.state == IoState::kWouldBlock) return true;
    if (result.state != IoState::kOk) return false;
    in.append(buffer.data(), result.bytes);
  }
}

bool write_some(Stream& stream, std::string& out) {
  if (out.empty()) return true;
  ByteView part = out;
  IoResult result = stream.write(std::span(&part, 1));
  if (result.state == IoState::kOk) out.erase(0, result.bytes);
  return result.state == IoState::kOk || result.state == IoState::kWouldBlock;
}

bool take_line(std::string& in, std::string& line) {
  size_t end = in.find('\n');
  if (end == std::string::npos) return false;
  line = in.substr(0, end);
  in.erase(0, end + 1);
  return true;
}

}  // namespace

ToyLogStage::ToyLogStage(Env& env, ToyFault fault) : env_(env), fault_(fault) {
  Disk& disk = env.disk();
  auto file = disk.open(kToyLog, OpenMode::kReadWrite);
  if (!file.ok()) {
    file = disk.open(kToyLog, OpenMode::kCreate);
    if (!file.ok()) env.fatal(1, file.error().text);
  }
  // Also when it was there: the start that made it may have ended before its sync.
  bool careful = fault != ToyFault::kNoDirectorySync;
  if (careful && !disk.sync_directory("/data").ok()) env.fatal(1, "directory");
  file_ = std::move(*file);
  auto size = file_->size();
  if (!size.ok()) env.fatal(1, size.error().text);
  // The tail may be torn: lines begin anew behind it.
  if (!file_->write_at(*size, "\n").ok()) env.fatal(1, "write");
  size_ = *size + 1;
  sync(*file_);
}

void ToyLogStage::sync(File& file) {
  Status status = file.sync();
  if (!status.ok() && fault_ != ToyFault::kIgnoreFailedSync) env_.fatal(1, status.error().text);
}

void ToyLogStage::step(Turn&) {
  std::vector<ToyLine> batch;
  if (!lines.drain(batch)) return;
  std::string bytes;
  for (ToyLine& line : batch) {
    bytes += line.text + '\n';
    done.add(std::move(line));
  }
  if (fault_ == ToyFault::kAckBeforeSync) done.flush();
  if (Status status = file_->write_at(size_, bytes); !status.ok()) {
    env_.fatal(1, status.error().text);
  }
  size_ += bytes.size();
  sync(*file_);
  done.flush();
}

ToyFrontStage::ToyFrontStage(Env& env) {
  poller_ = env.net().make_poller(PollerKind::kSelector);
  auto listener = env.net().listen({.ip = "", .port = kToyPort}, -1);
  if (!listener.ok()) env.fatal(1, listener.error().text);
  listener_ = std::move(*listener);
  poller_->watch(*listener_, 0, Interest::kRead);
}

void ToyFrontStage::accept() {
  while (true) {
    auto stream = listener_->accept();
    if (!stream.ok() || *stream == nullptr) return;
    uint64_t id = next_peer_++;
    Peer& peer = peers_[id];
    peer.stream = std::move(*stream);
    poller_->watch(*peer.stream, id, Interest::kRead);
  }
}

bool ToyFrontStage::read(uint64_t id, Peer& peer) {
  bool open = read_all(*peer.stream, peer.in);
  for (std::string line; take_line(peer.in, line);) lines.add({id, line});
  return open;
}

bool ToyFrontStage::write(uint64_t id, Peer& peer) {
  if (!write_some(*peer.stream, peer.out)) return false;
  poller_->change(*peer.stream, id, peer.out.empty() ? Interest::kRead : Interest::kBoth);
  return true;
}

void ToyFrontStage::step(Turn&) {
  for (const Readiness& one : poller_->ready()) {
    if (one.token == 0) {
      accept();
      continue;
    }
    auto peer = peers_.find(one.token);
    if (peer != peers_.end() && !read(peer->first, peer->second)) peers_.erase(peer);
  }
  lines.flush();
  std::vector<ToyLine> batch;
  done.drain(batch);
  for (const ToyLine& line : batch) {
    auto peer = peers_.find(line.connection);
    if (peer != peers_.end()) peer->second.out += line.text + '\n';
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    bool open = write(peer->first, peer->second);
    peer = open ? std::next(peer) : peers_.erase(peer);
  }
}

ToyServer::ToyServer(Env& env, ToyFault fault) : env_(env), log_(env, fault), front_(env) {
  Scheduler& scheduler = env.scheduler();
  log_.lines.attach(
      scheduler.enroll(log_, {.home = "Log", .lending = Lending::kWaiting, .poller = nullptr}));
  front_.done.attach(scheduler.enroll(
      front_, {.home = "Front", .lending = Lending::kHomeOnly, .poller = &front_.poller()}));
  log_.done = Sink<ToyLine>(front_.done);
  front_.lines = Sink<ToyLine>(log_.lines);
}

ToyServer::~ToyServer() {
  env_.scheduler().retire(front_);
  env_.scheduler().retire(log_);
}

ToyClient::ToyClient(SimEnv& env, std::string server_ip, std::string name, size_t lines)
    : env_(env), server_ip_(std::move(server_ip)), name_(std::move(name)), lines_(lines) {
  poller_ = env.net().make_poller(PollerKind::kGeneral);
  env.scheduler().enroll(*this, {.home = "Client", .poller = poller_.get()});
}

ToyClient::~ToyClient() { env_.scheduler().retire(*this); }

void ToyClient::hang_up(Turn& turn) {
  stream_.reset();
  in_.clear();
  out_.clear();
  dial_at_ = turn.now() + Millis(20);
  if (sent_ < lines_) ++sent_;  // nobody knows what became of that line: go on with the next
}

void ToyClient::send(Turn& turn) {
  if (sent_ == lines_ || !out_.empty()) return;
  out_ = name_ + "-" + std::to_string(sent_) + '\n';
  give_up_at_ = turn.now() + Millis(2000);
}

void ToyClient::step(Turn& turn) {
  if (stream_ == nullptr && turn.now() >= dial_at_) {
    stream_ = std::move(*env_.net().connect({server_ip_, kToyPort}));
    poller_->watch(*stream_, 1, Interest::kBoth);
    give_up_at_ = turn.now() + Millis(2000);
    send(turn);
  }
  if (stream_ == nullptr) {
    turn.wake_at(dial_at_);
    return;
  }
  bool open = read_all(*stream_, in_) && write_some(*stream_, out_);
  for (std::string line; take_line(in_, line);) {
    echoed_.push_back(line);
    ++sent_;
    send(turn);
    open = open && write_some(*stream_, out_);
  }
  if (!open || turn.now() >= give_up_at_) return hang_up(turn), turn.wake_at(dial_at_);
  if (sent_ == lines_) return;
  poller_->change(*stream_, 1, out_.empty() ? Interest::kRead : Interest::kBoth);
  turn.wake_at(give_up_at_);
}

}  // namespace okapi::sim
