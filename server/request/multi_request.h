// The body of multi and multiRead, split into its operations (client-protocol spec 3.13, 3.14).
// Pure functions on the frame.
#pragma once

#include <vector>

#include "common/base/bytes.h"
#include "common/proto/error_code.h"
#include "common/proto/op_code.h"

namespace okapi {

struct SubRequest {
  OpCode op = OpCode::kCheck;  // as it will run: retyped where the reference retypes
  ByteView body;
};

enum class MultiKind { kEmpty, kWrites, kReads };

struct MultiRequest {
  ErrorCode error = ErrorCode::kOk;  // kMarshallingError: nothing of it may run
  // multiRead with a write inside: the reference answers -5 with a lone terminator as body.
  bool wrong_kind = false;
  MultiKind kind = MultiKind::kEmpty;
  std::vector<SubRequest> subs;
};

// `reads`: the body is multiRead's. `ops_max` bounds the list; beyond it is a marshalling error.
MultiRequest split_multi(ByteView body, bool reads, size_t ops_max);

// Whether the request makes an ephemeral node, also as part of a multi. Compat: createTTL and
// createContainer never count (spec 7.6).
bool creates_ephemeral(OpCode op, ByteView body, size_t ops_max);

}  // namespace okapi
