// Operation codes (client-protocol spec 3.1). Values are the wire's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace okapi {

enum class OpCode : int32_t {
  kCreateSession = -10,
  kCloseSession = -11,
  kError = -1,
  kCreate = 1,
  kDelete = 2,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kGetAcl = 6,
  kSetAcl = 7,
  kGetChildren = 8,
  kSync = 9,
  kPing = 11,
  kGetChildren2 = 12,
  kCheck = 13,
  kMulti = 14,
  kCreate2 = 15,
  kReconfig = 16,
  kCheckWatches = 17,
  kRemoveWatches = 18,
  kCreateContainer = 19,
  kDeleteContainer = 20,
  kCreateTtl = 21,
  kMultiRead = 22,
  kAuth = 100,
  kSetWatches = 101,
  kSasl = 102,
  kGetEphemerals = 103,
  kGetAllChildrenNumber = 104,
  kSetWatches2 = 105,
  kAddWatch = 106,
  kWhoAmI = 107,
};

// The code of a number, or nothing if no operation has it.
std::optional<OpCode> op_code_of(int32_t number);
// Name for messages and metrics: "create", "getData", …
std::string_view name_of(OpCode op);
// Takes a zxid: goes through Prep, the log and the ledger.
bool is_write(OpCode op);
// What a client may send after the handshake; auth and sasl are consumed before (spec 2.10).
bool is_client_request(OpCode op);

}  // namespace okapi
