// The order of transactions that a server left on its disk: the checkers' truth about what happened
// and when. Read by a small parser of our own from the bytes of the log files (storage spec section
// 3), so that a mistake of the server's reader is not shared.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/txn/txn_header.h"
#include "tests/sim/sim_disk.h"

namespace okapi::sim {

struct LoggedTxn {
  TxnHeader header;
  std::string payload{};             // header, body, digest
  bool is_error = false;             // type -1
  std::optional<uint64_t> digest{};  // of the tree after it
  std::vector<std::string> paths{};  // closeSession: the ephemerals it removes; reaper: the node
};

// All transactions in the log files of `directory` ("/data/version-2"), by zxid. An error names the
// file and what is wrong: a gap, a repeat with other bytes, a record that is broken in the middle.
Result<std::vector<LoggedTxn>> read_log_order(const SimDisk& disk, const std::string& directory);

// The layout, for a model server that writes such logs.
std::string log_file_header();
std::string log_record(ByteView payload);

}  // namespace okapi::sim
