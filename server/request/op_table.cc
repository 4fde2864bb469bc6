#include "server/request/op_table.h"

#include <array>

#include "common/base/assert.h"

namespace okapi {
namespace {

constexpr std::array kRows = {
    OpRow{OpCode::kCreate, prepare_create, nullptr},
    OpRow{OpCode::kCreate2, prepare_create, nullptr},
    OpRow{OpCode::kCreateContainer, prepare_create, nullptr},
    OpRow{OpCode::kCreateTtl, prepare_create, nullptr},
    OpRow{OpCode::kDelete, prepare_delete, nullptr},
    OpRow{OpCode::kDeleteContainer, prepare_delete_container, nullptr},
    OpRow{OpCode::kSetData, prepare_set_data, nullptr},
    OpRow{OpCode::kSetAcl, prepare_set_acl, nullptr},
    OpRow{OpCode::kCheck, prepare_check, nullptr},
    OpRow{OpCode::kMulti, prepare_multi, nullptr},
    OpRow{OpCode::kReconfig, prepare_reconfig, nullptr},
    OpRow{OpCode::kCreateSession, prepare_create_session, nullptr},
    OpRow{OpCode::kCloseSession, prepare_close_session, nullptr},
    OpRow{OpCode::kExists, nullptr, read_exists},
    OpRow{OpCode::kGetData, nullptr, read_get_data},
    OpRow{OpCode::kGetAcl, nullptr, read_get_acl},
    OpRow{OpCode::kGetChildren, nullptr, read_get_children},
    OpRow{OpCode::kGetChildren2, nullptr, read_get_children},
    OpRow{OpCode::kGetAllChildrenNumber, nullptr, read_get_all_children_number},
    OpRow{OpCode::kGetEphemerals, nullptr, read_get_ephemerals},
    OpRow{OpCode::kMultiRead, nullptr, read_multi},
    OpRow{OpCode::kSync, nullptr, read_sync},
    OpRow{OpCode::kPing, nullptr, read_ping},
    OpRow{OpCode::kWhoAmI, nullptr, read_who_am_i},
    OpRow{OpCode::kAddWatch, nullptr, read_add_watch},
    OpRow{OpCode::kCheckWatches, nullptr, read_check_watches},
    OpRow{OpCode::kRemoveWatches, nullptr, read_remove_watches},
    OpRow{OpCode::kSetWatches, nullptr, read_set_watches},
    OpRow{OpCode::kSetWatches2, nullptr, read_set_watches},
};

constexpr int32_t kLowest = static_cast<int32_t>(OpCode::kCloseSession);
constexpr int32_t kHighest = static_cast<int32_t>(OpCode::kWhoAmI);
constexpr auto kIndex = [] {
  std::array<const OpRow*, static_cast<size_t>(kHighest - kLowest) + 1> index{};
  for (const OpRow& row : kRows) {
    index[static_cast<size_t>(static_cast<int32_t>(row.op) - kLowest)] = &row;
  }
  return index;
}();

}  // namespace

const OpRow& op_row(OpCode op) {
  const OpRow* row = kIndex[static_cast<size_t>(static_cast<int32_t>(op) - kLowest)];
  OKAPI_ASSERT(row != nullptr);
  return *row;
}

}  // namespace okapi
