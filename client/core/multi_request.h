// Builds the body of a multi or multiRead, and walks the body of its reply (client-protocol 3.13,
// 3.14). One thread at a time.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/base/bytes.h"
#include "common/proto/acl.h"
#include "common/proto/create_mode.h"
#include "common/proto/error_code.h"
#include "common/proto/op_code.h"

namespace okapi {

// world:anyone with every permission, as requests carry it.
std::span<const AclView> open_acl_view();

// What create, create2, createContainer and createTTL say. The mode and `with_stat` choose the op.
struct CreateArgs {
  ByteView path{};
  NullableView data = ByteView();
  CreateMode mode = CreateMode::kPersistent;
  std::span<const AclView> acl = open_acl_view();
  int64_t ttl_ms = 0;      // TTL modes only
  bool with_stat = false;  // ask for a Stat beside the path: create2

  OpCode op() const;
  void encode(std::string& out) const;
};

class MultiRequest {
 public:
  // For multi.
  void create(const CreateArgs& args);
  void remove(ByteView path, int32_t version = -1);
  void set_data(ByteView path, NullableView data, int32_t version = -1);
  void check(ByteView path, int32_t version);
  // For multiRead.
  void get_data(ByteView path);
  void get_children(ByteView path);

  void clear() { body_.clear(); }
  // The sub-ops so far, without the terminator.
  ByteView body() const { return body_; }

 private:
  void begin(OpCode op);
  std::string body_;
};

// One entry of a multi's reply: `body` is the sub-op's record, empty when `err` is set.
struct MultiResult {
  OpCode op = OpCode::kError;
  ErrorCode err = ErrorCode::kOk;
  ByteView body{};
};

class MultiResults {
 public:
  explicit MultiResults(ByteView body) : rest_(body) {}
  // The next entry; nothing at the terminator, or at bytes that make no sense (then !ok()).
  std::optional<MultiResult> next();
  bool ok() const { return ok_; }

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace okapi
