// The naive model of a server's state: what each request must answer, written from the protocol's
// description and for nothing but clarity. Requests go in one by one in zxid order. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/jute/output_archive.h"
#include "common/proto/responses.h"
#include "server/txn/txn_digest.h"
#include "tests/sim/checkers/call.h"

namespace okapi::sim {

// One look into a watch table that a change causes (client-protocol spec 6.2).
struct Trigger {
  bool child_table = false;
  EventType event = EventType::kNodeCreated;
  std::string path;
  // NodeDeleted in the child table passes over those whom the trigger before it reached.
  bool skip_notified = false;
  bool readable = true;  // by anyone: else the event is dropped
};

struct ModelAnswer {
  ErrorCode err = ErrorCode::kOk;
  std::string body{};  // of the reply, as bytes; names of children in name order
  std::vector<Trigger> triggers{};
};

class TreeModel {
 public:
  TreeModel();

  // What a transaction brings along that no request says.
  struct Stamp {
    Zxid zxid{};
    int64_t time_ms = 0;
    SessionId session{};
  };
  ModelAnswer write(const Call& call, const Stamp& stamp);
  ModelAnswer read(const Call& call, SessionId session) const;

  void create_session(SessionId session) { sessions_.insert(session); }
  bool has_session(SessionId session) const { return sessions_.contains(session); }
  // Ends the session; its ephemerals go in the order given.
  std::vector<Trigger> close_session(SessionId session, Zxid zxid,
                                     const std::vector<std::string>& order);
  std::set<std::string> ephemerals_of(SessionId session) const;
  // Whether the container reaper may remove it now.
  bool may_reap(const std::string& path) const;
  std::vector<Trigger> reap(const std::string& path, Zxid zxid);

  bool exists(const std::string& path) const { return nodes_.contains(path); }
  // For the rules of setWatches.
  Zxid mzxid(const std::string& path) const { return nodes_.at(path).stat.mzxid; }
  Zxid pzxid(const std::string& path) const { return nodes_.at(path).stat.pzxid; }
  // A node that is gone counts as readable: its removal is told.
  bool readable_by_all(const std::string& path) const {
    auto found = nodes_.find(path);
    return found == nodes_.end() || allowed(found->second, 1);
  }
  uint64_t digest() const { return digest_; }
  size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    std::optional<std::string> data;
    int32_t perms = 31;
    StatPersisted stat;
    std::set<std::string> children;  // names
    uint64_t digest = 0;
  };
  using Nodes = std::map<std::string, Node>;

  ErrorCode create(const Call& call, const Stamp& stamp, std::string& path,
                   std::vector<Trigger>& triggers);
  ErrorCode remove(const Call& call, const Stamp& stamp, std::vector<Trigger>& triggers);
  ErrorCode set_data(const Call& call, const Stamp& stamp, std::vector<Trigger>& triggers);
  ErrorCode set_acl(const Call& call);
  ErrorCode check(const Call& call) const;
  ErrorCode apply_one(const Call& call, const Stamp& stamp, std::string& created,
                      std::vector<Trigger>& triggers);
  void put_result(std::string& out, const Call& call, const std::string& created) const;
  ModelAnswer multi(const Call& call, const Stamp& stamp);
  ModelAnswer multi_read(const Call& call, SessionId session) const;

  void add_node(const std::string& path, Node node);
  void drop_node(const std::string& path, Zxid zxid, std::vector<Trigger>& triggers);
  // Counts the node's digest anew after a change.
  void refresh(const std::string& path);
  bool allowed(const Node& node, int32_t perm) const { return (node.perms & perm) != 0; }
  Stat stat_of(const Node& node) const;
  int32_t descendants(const std::string& path) const;

  Nodes nodes_;
  std::set<SessionId> sessions_;
  uint64_t digest_ = 0;
};

}  // namespace okapi::sim
