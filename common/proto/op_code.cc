#include "common/proto/op_code.h"

#include <array>

namespace okapi {
namespace {

struct Row {
  OpCode op;
  std::string_view name;
  bool write;
  bool client;  // accepted from a client as a request of its own
};

// Compat: 13 is refused as a top-level op and -10 is unknown, as in 3.9 (client-protocol
// 12, 11.11).
constexpr std::array kRows = {
    Row{OpCode::kCreateSession, "createSession", true, false},
    Row{OpCode::kCloseSession, "closeSession", true, true},
    Row{OpCode::kError, "error", false, false},
    Row{OpCode::kCreate, "create", true, true},
    Row{OpCode::kDelete, "delete", true, true},
    Row{OpCode::kExists, "exists", false, true},
    Row{OpCode::kGetData, "getData", false, true},
    Row{OpCode::kSetData, "setData", true, true},
    Row{OpCode::kGetAcl, "getACL", false, true},
    Row{OpCode::kSetAcl, "setACL", true, true},
    Row{OpCode::kGetChildren, "getChildren", false, true},
    Row{OpCode::kSync, "sync", false, true},
    Row{OpCode::kPing, "ping", false, true},
    Row{OpCode::kGetChildren2, "getChildren2", false, true},
    Row{OpCode::kCheck, "check", true, false},
    Row{OpCode::kMulti, "multi", true, true},
    Row{OpCode::kCreate2, "create2", true, true},
    Row{OpCode::kReconfig, "reconfig", true, true},
    Row{OpCode::kCheckWatches, "checkWatches", false, true},
    Row{OpCode::kRemoveWatches, "removeWatches", false, true},
    Row{OpCode::kCreateContainer, "createContainer", true, true},
    Row{OpCode::kDeleteContainer, "deleteContainer", true, true},
    Row{OpCode::kCreateTtl, "createTTL", true, true},
    Row{OpCode::kMultiRead, "multiRead", false, true},
    Row{OpCode::kAuth, "auth", false, false},
    Row{OpCode::kSetWatches, "setWatches", false, true},
    Row{OpCode::kSasl, "sasl", false, false},
    Row{OpCode::kGetEphemerals, "getEphemerals", false, true},
    Row{OpCode::kGetAllChildrenNumber, "getAllChildrenNumber", false, true},
    Row{OpCode::kSetWatches2, "setWatches2", false, true},
    Row{OpCode::kAddWatch, "addWatch", false, true},
    Row{OpCode::kWhoAmI, "whoAmI", false, true},
};

constexpr const Row* row_of(int32_t number) {
  for (const Row& row : kRows) {
    if (static_cast<int32_t>(row.op) == number) return &row;
  }
  return nullptr;
}

// Codes run from -11 to 107: a table, because every request asks.
constexpr int32_t kLowest = -11;
constexpr int32_t kHighest = 107;
constexpr auto kIndex = [] {
  std::array<const Row*, kHighest - kLowest + 1> index{};
  for (int32_t n = kLowest; n <= kHighest; ++n) {
    index[static_cast<size_t>(n - kLowest)] = row_of(n);
  }
  return index;
}();

const Row* find(int32_t number) {
  if (number < kLowest || number > kHighest) return nullptr;
  return kIndex[static_cast<size_t>(number - kLowest)];
}

}  // namespace

std::optional<OpCode> op_code_of(int32_t number) {
  const Row* row = find(number);
  if (row == nullptr) return std::nullopt;
  return row->op;
}

std::string_view name_of(OpCode op) { return find(static_cast<int32_t>(op))->name; }
bool is_write(OpCode op) { return find(static_cast<int32_t>(op))->write; }
bool is_client_request(OpCode op) { return find(static_cast<int32_t>(op))->client; }

}  // namespace okapi
