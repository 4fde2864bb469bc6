#include "tests/sim/scenarios/scenario.h"

#include <algorithm>
#include <memory>

namespace okapi::sim {
namespace {

NetOptions calm_net() {
  NetOptions net;
  net.spike_one_in = 0;
  return net;
}

}  // namespace

Scenario::Scenario(const EnsembleShape& shape, uint64_t seed)
    : all_(seed, nullptr, shape, calm_net()) {}

// A failed run is told with the end of its trace.
void Scenario::check() {
  SimWorld& world = all_.world();
  if (!world.failed()) return;
  std::string text = world.failure();
  for (const std::string& line : world.trace().tail()) text += "\n" + line;
  FAIL(text);
}

void Scenario::power_off_all() {
  for (SimNode* node : all_.ensemble().nodes()) {
    if (node->running()) node->power_off();
  }
}

void Scenario::restart(int sid) {
  power_off(sid);
  start(sid);
  wait_for(sid);
}

void Scenario::power_off_at(int sid, DiskCall::Kind kind, const std::string& name, int nth) {
  auto left = std::make_shared<int>(nth);
  node(sid).disk().watch([=, this](const DiskCall& call) {
    bool counts = call.kind == kind && call.path.find(name) != std::string::npos;
    if (!counts || --*left != 0) return;
    all_.world().at(call.done, [this, sid] {
      if (node(sid).running()) node(sid).power_off();
    });
  });
}

int Scenario::begin() {
  start_all();
  wait_for_all();
  std::vector<int> everybody;
  for (size_t i = 0; i < all_.ensemble().size(); ++i) everybody.push_back(static_cast<int>(i) + 1);
  return wait_for_leader(everybody);
}

int Scenario::wait_for_leader(const std::vector<int>& candidates) {
  auto leading = [&] {
    return std::find_if(candidates.begin(), candidates.end(), [&](int sid) { return leads(sid); });
  };
  until("one of these leads", [&] { return leading() != candidates.end(); });
  return *leading();
}

void Scenario::wait_for_all() {
  all_.wait_until_all_serve();
  check();
}

void Scenario::until(const char* what, const std::function<bool()>& done) {
  all_.wait(what, patience(), done);
  check();
}

bool Scenario::within(Nanos span, const std::function<bool()>& done) {
  bool came = all_.world().run_until(all_.world().now() + span, done);
  check();
  return came;
}

void Scenario::run_for(Nanos span) {
  all_.world().run_for(span);
  check();
}

void Scenario::cut_off(const std::vector<int>& sids) {
  for (int sid : sids) {
    for (size_t i = 0; i < all_.ensemble().size(); ++i) {
      int other = static_cast<int>(i) + 1;
      if (std::find(sids.begin(), sids.end(), other) == sids.end()) cut(sid, other);
    }
  }
}

size_t Scenario::client(int sid, Millis session_timeout) {
  return all_.clients().start_scripted(door(sid), {.session_timeout = session_timeout});
}

size_t Scenario::super_client(int sid) {
  return all_.clients().start_scripted(
      door(sid), {.session_timeout = Millis(8000), .digest_auth = kSuperUser});
}

size_t Scenario::read_only_client(int sid) {
  return all_.clients().start_scripted(door(sid),
                                       {.session_timeout = Millis(8000), .may_be_read_only = true});
}

const CallRecord& Scenario::ask(size_t client, const Call& asked) {
  size_t number = send(client, asked);
  until("a client gets an answer", [&] {
    if (!ended(client, number)) return false;
    if (!answered(client, number) && !is_write(asked.op)) number = send(client, asked);
    return answered(client, number);
  });
  return call(client, number);
}

bool Scenario::answered(size_t client, size_t number) {
  const auto& calls = all_.clients().history().clients[client].calls;
  return number < calls.size() && calls[number].state == CallState::kAnswered;
}

bool Scenario::ended(size_t client, size_t number) {
  const auto& calls = all_.clients().history().clients[client].calls;
  return number < calls.size() && calls[number].state != CallState::kOpen;
}

const CallRecord& Scenario::call(size_t client, size_t number) {
  return all_.clients().history().clients[client].calls.at(number);
}

size_t Scenario::events(size_t client, const std::string& path) {
  size_t count = 0;
  for (const ConnectionHistory& one : all_.clients().history().clients[client].connections) {
    for (const Arrival& arrival : one.arrivals) {
      if (arrival.kind == Arrival::Kind::kEvent && arrival.path == path) ++count;
    }
  }
  return count;
}

bool Scenario::has_node(int sid, const std::string& path) {
  size_t fresh = client(sid);
  ask(fresh, sync());
  return ask(fresh, exists(path)).err == ErrorCode::kOk;
}

std::string Scenario::file(int sid, const std::string& name) {
  return node(sid).disk().content("/data/version-2/" + name).value_or("");
}

size_t Scenario::files(int sid, const std::string& prefix) {
  return files_by_zxid(node(sid).disk(), "/data/version-2", prefix).size();
}

void Scenario::end() {
  heal();
  for (SimNode* node : all_.ensemble().nodes()) {
    node->disk().faults() = {};
    node->disk().watch({});
  }
  start_all();
  all_.healed();
  wait_for_all();
  all_.settle();
  check();
  all_.judge();
  check();
}

Call create(const std::string& path, CreateMode mode) {
  return {.op = OpCode::kCreate, .path = path, .data = "x", .mode = mode};
}
Call set(const std::string& path, const std::string& data) {
  return {.op = OpCode::kSetData, .path = path, .data = data};
}
Call get(const std::string& path) { return {.op = OpCode::kGetData, .path = path}; }
Call exists(const std::string& path) { return {.op = OpCode::kExists, .path = path}; }
Call sync() { return {.op = OpCode::kSync, .path = "/"}; }
Call remove(const std::string& path) { return {.op = OpCode::kDelete, .path = path}; }
Call close() { return {.op = OpCode::kCloseSession}; }
Call joining(const EnsembleShape& shape, int sid, bool observer) {
  return {.op = OpCode::kReconfig,
          .path = member_line(shape, static_cast<size_t>(sid) - 1, observer)};
}
Call leaving(int sid) { return {.op = OpCode::kReconfig, .data = fmt::format("{}", sid)}; }
Call watching(Call read) {
  read.watch = true;
  return read;
}

int other_than(int a, int b) {
  int sid = 1;
  while (sid == a || sid == b) ++sid;
  return sid;
}

}  // namespace okapi::sim
