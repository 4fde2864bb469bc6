// One whole server over a given Env: builds its stages, connects them, starts and stops them.
#pragma once

#include <memory>

#include "server/admin/admin.h"
#include "server/assembly/election_wiring.h"
#include "server/assembly/register_metrics.h"
#include "server/database/purge_task.h"
#include "server/front/acceptor.h"
#include "server/front/selector.h"
#include "server/peer/quorum_peer.h"

namespace okapi {

class Server {
 public:
  // Opens the data directory and the client port and enrols the stages; recovery runs in
  // QuorumPeer's first step. Clients of a standalone server are accepted from then on, those of a
  // member at once, and turned away while it does not serve. What cannot be opened ends by
  // Env::fatal with the exit code of the configuration spec. `config` outlives the server.
  Server(Env& env, const ServerConfig& config);
  // Without stop() before it: as a crash, but for the threads, which end in order.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // An orderly stop begins: what clients asked is answered, then the role ends, and `done` is
  // called from a stage; perhaps never, if the server is at something else. stop() follows. Not
  // from a stage.
  void drain(std::function<void()> done);
  // Takes the stages down in order: no client is accepted any more, connections are closed, what
  // was accepted is logged and synced. Not from a stage.
  void stop();

  // The client port, as bound; 0 if there is none.
  uint16_t client_port() const;
  // Whether clients are served. Any thread.
  bool serving() const { return serving_.load(); }
  const DataTree& tree() const { return database_.tree(); }

 private:
  void retire_stages();
  void open_client_port();
  void start_admin();
  void register_lasting();
  void start_purge();
  void start_peer();
  // In QuorumPeer's steps, at its home.
  void on_recovered(const Recovered& recovered);
  void on_serving(RolePipeline& pipeline);
  void on_ending();
  void move_client_port(const HostPort& to);

  Env& env_;
  const ServerConfig& config_;
  ProviderRegistry registry_;
  std::string instance_;
  std::unique_ptr<DataDir> data_dir_;
  ZkDatabase database_;
  TreeLeases leases_;
  WatchTables watches_;
  Admission admission_;
  std::atomic<bool> serving_{false};
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::unique_ptr<Selector>> selectors_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<WorkerDoor> doors_;
  HomeOf home_of_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<ReplicaStore> store_;
  std::unique_ptr<PeerSite> site_;
  std::unique_ptr<ElectionWiring> election_;  // of a member of an ensemble
  std::unique_ptr<QuorumPeer> peer_;
  std::function<void()> drained_;
  bool retired_ = false;
  std::unique_ptr<PurgeTask> purge_;
  Bell* purge_bell_ = nullptr;
  StartMetrics start_metrics_;
  std::vector<Registration> registrations_;  // of what is above
  std::vector<Registration> of_term_;        // of the pipeline
};

}  // namespace okapi
