// The order of transactions that a server left on its disk: the checkers' truth about what happened
// and when. Read by a small parser of our own from the bytes of the log files (storage spec section
// 3), so that a mistake of the server's reader is not shared.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/proto/error_code.h"
#include "server/txn/txn_header.h"
#include "tests/sim/sim_disk.h"

namespace okapi::sim {

struct LoggedTxn {
  TxnHeader header;
  std::string payload{};  // header, body, digest
  bool is_error = false;  // type -1, and why:
  ErrorCode err = ErrorCode::kOk;
  std::optional<uint64_t> digest{};  // of the tree after it
  std::vector<std::string> paths{};  // closeSession: the ephemerals it removes; reaper: the node
};

// A member's files called `prefix` + zxid + perhaps an extension, in zxid order: (zxid, path).
std::map<int64_t, std::string> files_by_zxid(const SimDisk& disk, const std::string& directory,
                                             const std::string& prefix);

// Hands over every whole record of the log files of `directory`, file by file. Where a file goes on
// into the next one, which a crash in the repair of a torn tail leaves so, the next one counts.
using TakeRecord = std::function<Status(const std::string& file, ByteView payload)>;
Status read_log_records(const SimDisk& disk, const std::string& directory, const TakeRecord& take);
Result<LoggedTxn> decode_logged(ByteView payload);

// All transactions in the log files of `directory` ("/data/version-2"), by zxid. An error names the
// file and what is wrong: a gap, a repeat with other bytes, a record that is broken in the middle.
Result<std::vector<LoggedTxn>> read_log_order(const SimDisk& disk, const std::string& directory);

// The layout, for a model server that writes such logs.
std::string log_file_header();
std::string log_record(ByteView payload);

}  // namespace okapi::sim
