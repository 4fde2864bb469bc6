// Every operation a client may send, one row each: how it is prepared if it is a write, how it is
// answered if it is a read. A new operation is one file under ops/ and one row here.
#pragma once

#include "server/request/prepare.h"
#include "server/request/read.h"

namespace okapi {

struct OpRow {
  OpCode op;
  PrepareFn prepare = nullptr;  // writes
  ReadFn read = nullptr;        // all others
};

// The row of an operation that has one: is_write(op) or is_client_request(op).
const OpRow& op_row(OpCode op);

}  // namespace okapi
