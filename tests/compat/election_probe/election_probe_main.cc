// A server that only elects: our election stages on real threads and sockets, for a meeting with
// Java servers. `okapi-election-probe SID participant|observer ZXID EPOCH CONFIG_FILE` takes part
// in elections until it is told to end (SIGTERM) and writes a line for each outcome. The file holds
// a configuration as peers send it; SIGUSR1 makes it look again.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "common/os/real_env.h"
#include "tests/support/election_stages.h"

namespace okapi {
namespace {

struct Arguments {
  ServerId self;
  Candidacy candidacy;
  SharedQuorumConfig config;
};

Result<Arguments> read_arguments(int argc, char** argv) {
  if (argc != 6) return Error{ErrorKind::kInvalid, "SID participant|observer ZXID EPOCH CONFIG"};
  Arguments out{.self = ServerId(std::stoll(argv[1])), .candidacy = {}, .config = nullptr};
  out.candidacy.participant = std::string_view(argv[2]) == "participant";
  out.candidacy.last_logged = Zxid(std::stoll(argv[3], nullptr, 0));
  out.candidacy.current_epoch = Epoch(std::stoll(argv[4], nullptr, 0));
  std::ifstream file(argv[5]);
  std::stringstream text;
  text << file.rdbuf();
  auto config = QuorumConfig::parse(text.str(), {});
  if (!config.ok()) return config.error();
  out.config = std::make_shared<const QuorumConfig>(std::move(*config));
  if (out.config->find(out.self) == nullptr) {
    return Error{ErrorKind::kNotFound, "the configuration does not name us"};
  }
  return out;
}

void print(const Elected& elected) {
  constexpr std::array<const char*, 4> kNames = {"LOOKING", "FOLLOWING", "LEADING", "OBSERVING"};
  std::printf("ELECTED leader=%lld state=%s epoch=%lld round=%lld\n",
              static_cast<long long>(elected.vote.leader.value()),
              kNames.at(static_cast<size_t>(elected.state)),
              static_cast<long long>(elected.vote.peer_epoch.value()),
              static_cast<long long>(elected.vote.round));
  std::fflush(stdout);
}

int run(const Arguments& arguments) {
  const QuorumServer* own = arguments.config->find(arguments.self);
  QuorumCnxOptions options{.self = arguments.self};
  for (const PeerAddress& address : own->addresses) {
    options.listen.addresses.push_back({address.host, address.election_port});
  }
  RealEnv env(std::to_string(arguments.self.value()), LogLevel::kInfo);
  ElectionStages stages(env, options, arguments.candidacy, arguments.config);
  stages.peer.on_elected = print;
  stages.look();
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&wanted, signal);
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    sigwait(&wanted, &signal);
    if (signal == SIGUSR1) stages.look();
  }
  return 0;
}

}  // namespace
}  // namespace okapi

int main(int argc, char** argv) {
  okapi::block_stop_signals();
  sigset_t look_again;
  sigemptyset(&look_again);
  sigaddset(&look_again, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &look_again, nullptr);
  auto arguments = okapi::read_arguments(argc, argv);
  if (!arguments.ok()) {
    std::fprintf(stderr, "%s\n", arguments.error().text.c_str());
    return 2;
  }
  return okapi::run(*arguments);
}
