// What CommitProcessor tells a worker, in zxid order: answers to its sessions' writes, watch events
// for its connections, sessions that ended. One Feed per worker and term.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/base/feed.h"
#include "common/base/ids.h"
#include "common/proto/responses.h"
#include "server/request/request.h"
#include "server/tree/acl_table.h"

namespace okapi {

// One result of a multi, kept beyond the transaction.
struct SubReply {
  ErrorCode err = ErrorCode::kOk;
  Stat stat;
  std::string path;
};

struct WriteReply {
  WriteTicket write;
  ErrorCode err = ErrorCode::kOk;
  Stat stat;
  std::string text;                             // creates: the final path; reconfig: the membership
  std::unique_ptr<std::vector<SubReply>> subs;  // multi
};

// One notification frame for many connections; each gets it only if it may READ the node.
struct WatchBatch {
  EventType type = EventType::kNodeCreated;
  SharedBytes frame;
  AclRef acl;
  std::vector<ConnectionId> watchers;
};

// A session that a client of this worker asked for is committed, or refused: then it is 0.
struct SessionOpened {
  ConnectionId connection;
  SessionId session;
  int32_t timeout_ms = 0;
};

// The session is gone: its connection, if this worker has it, is closed without a word.
struct SessionEnded {
  SessionId session;
  int32_t cxid = 0;  // of the closeSession; 0 if the session expired
};

struct FeedItem {
  Zxid zxid;
  std::variant<std::monostate, WriteReply, WatchBatch, SessionOpened, SessionEnded> what;
};

using WorkerFeed = Feed<FeedItem>;

}  // namespace okapi
