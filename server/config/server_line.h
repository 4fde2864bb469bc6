// One `server.N=ADDR[|ADDR...][;CLIENT]` line (configuration spec 2.1). Pure, any thread. Host
// names are not looked up here, literals are brought to the reference's form.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "server/config/quorum_server.h"

namespace okapi {

// `key` is "server.N"; the value's blanks at the ends are dropped. Errors are the reference's
// texts: kInvalid where it throws a ConfigException, kCorrupt for an IllegalArgumentException.
Result<QuorumServer> parse_server_line(ByteView key, ByteView value, bool multi_address);

}  // namespace okapi
