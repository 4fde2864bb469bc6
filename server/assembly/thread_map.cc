#include "server/assembly/thread_map.h"

#include <spdlog/fmt/fmt.h>

#include <array>

#include "common/base/assert.h"

namespace okapi {
namespace {

struct Row {
  std::string_view stage;
  std::string_view home;
  Lending lending;
};

// Measured for two cores: the Selector and Sync are the two busy homes; what neither waits nor owns
// sockets runs on whichever of them made it ready.
constexpr std::array kRows = {
    Row{"QuorumPeer", "QuorumPeer", Lending::kAnyone},
    Row{"QuorumCnx", "QuorumCnx", Lending::kHomeOnly},
    Row{"WorkerSender", "WorkerSend", Lending::kAnyone},
    Row{"WorkerReceiver", "WorkerRecv", Lending::kAnyone},
    Row{"LearnerAcceptor", "LrnAccept", Lending::kHomeOnly},
    Row{"LeaderLink", "LeaderLink", Lending::kAnyone},
    Row{"Acceptor", "Acceptor", Lending::kHomeOnly},
    Row{"Selector", "Selector", Lending::kHomeOnly},
    Row{"PrepRequestProcessor", "PrepReq", Lending::kAnyone},
    Row{"SyncRequestProcessor", "SyncReq", Lending::kWaiting},
    Row{"CommitProcessor", "CommitProc", Lending::kAnyone},
    Row{"SessionTracker", "SessTracker", Lending::kAnyone},
    Row{"ContainerReaper", "SessTracker", Lending::kAnyone},
    Row{"Snapshot", "Snapshot", Lending::kHomeOnly},
    Row{"Purge", "Purge", Lending::kHomeOnly},
    Row{"Admin", "Admin", Lending::kHomeOnly},
};

}  // namespace

StageOptions home_of(std::string_view stage, std::string_view instance) {
  for (const Row& row : kRows) {
    if (row.stage != stage) continue;
    return {fmt::format("{}:{}", row.home, instance), row.lending, nullptr};
  }
  assertion_failed("stage has a home", __FILE__, __LINE__);
}

}  // namespace okapi
