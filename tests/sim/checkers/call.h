// One request as a simulated client makes it, and how it ended. The checkers know requests in this
// form only; it names everything that decides the right answer. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/proto/create_mode.h"
#include "common/proto/error_code.h"
#include "common/proto/op_code.h"

namespace okapi::sim {

struct Call {
  OpCode op = OpCode::kPing;
  std::string path{};                         // reconfig: who joins
  std::optional<std::string> data{};          // create, setData; reconfig: who leaves
  int32_t version = -1;                       // delete, setData, setACL, check
  CreateMode mode = CreateMode::kPersistent;  // create
  int64_t ttl_ms = 0;                         // create with a TTL
  int32_t perms = 31;                         // create, setACL: of world:anyone
  bool watch = false;                         // reads
  int32_t kind = 0;                           // addWatch: mode; check-, removeWatches: type
  std::vector<Call> subs{};                   // multi, multiRead
};

// One line for the trace.
std::string describe(const Call& call);

enum class CallState {
  kOpen,      // sent, or waiting to be
  kAnswered,  // err, zxid and body came
  kLost,      // the connection went first: it may have happened, once
};

struct CallRecord {
  Call call;
  size_t client = 0;      // which client, and
  size_t connection = 0;  // which of its connections carried the answer
  uint64_t dial = 0;      // which of its attempts to connect took it along; 0 = none yet
  SessionId session{};
  int32_t xid = 0;
  CallState state = CallState::kOpen;
  MonoTime asked{}, ended{};
  ErrorCode err = ErrorCode::kOk;
  Zxid zxid{};
  std::string body{};
};

}  // namespace okapi::sim
