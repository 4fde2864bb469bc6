#include "server/txn/txn.h"

#include <spdlog/fmt/fmt.h>

namespace okapi {
namespace {

template <class Body>
TxnBody decode_as(jute::InputArchive& in) {
  Body body;
  get(in, body);
  return body;
}

// Compat: writers before 3.5 left out parentCVersion; then it means "current + 1" (storage 3.5 #8).
TxnBody decode_create(jute::InputArchive& in) {
  jute::InputArchive old = in;
  CreateTxn body;
  get(in, body);
  if (in.ok()) return body;
  in = old;
  get(in, body.path);
  get(in, body.data);
  get(in, body.acl);
  get(in, body.ephemeral);
  body.parent_cversion = -1;
  return body;
}

// Compat: a closeSession may have no body (storage spec 3.5). What is left tells: nothing, a digest
// alone, or a body. One path of four bytes is as long as a digest, but begins with a count of 1 and
// not with the digest's version.
TxnBody decode_close_session(jute::InputArchive& in) {
  CloseSessionTxn body;
  jute::InputArchive ahead = in;
  size_t left = in.rest().size();
  if (left == 0 || (left == kTxnDigestBytes && ahead.get_int() == kDigestVersion)) {
    body.paths.null = true;
    return body;
  }
  get(in, body);
  return body;
}

}  // namespace

Result<TxnBody> decode_txn_body(int32_t type, jute::InputArchive& in) {
  auto op = op_code_of(type);
  auto finish = [&](TxnBody body) -> Result<TxnBody> {
    if (!in.ok()) {
      return Error{ErrorKind::kTruncated,
                   fmt::format("body of a {} transaction: {}", name_of(*op), in.why())};
    }
    return body;
  };
  if (op.has_value()) {
    switch (*op) {
      case OpCode::kCreate:
      case OpCode::kCreate2:
        return finish(decode_create(in));
      case OpCode::kCreateContainer:
        return finish(decode_as<CreateContainerTxn>(in));
      case OpCode::kCreateTtl:
        return finish(decode_as<CreateTtlTxn>(in));
      case OpCode::kDelete:
      case OpCode::kDeleteContainer:
        return finish(decode_as<DeleteTxn>(in));
      case OpCode::kSetData:
      case OpCode::kReconfig:
        return finish(decode_as<SetDataTxn>(in));
      case OpCode::kSetAcl:
        return finish(decode_as<SetAclTxn>(in));
      case OpCode::kCheck:
        return finish(decode_as<CheckTxn>(in));
      case OpCode::kCreateSession:
        return finish(decode_as<CreateSessionTxn>(in));
      case OpCode::kCloseSession:
        return finish(decode_close_session(in));
      case OpCode::kError:
        return finish(decode_as<ErrorTxn>(in));
      case OpCode::kMulti:
        return finish(decode_as<MultiTxn>(in));
      case OpCode::kExists:
      case OpCode::kGetData:
      case OpCode::kGetAcl:
      case OpCode::kGetChildren:
      case OpCode::kSync:
      case OpCode::kPing:
      case OpCode::kGetChildren2:
      case OpCode::kCheckWatches:
      case OpCode::kRemoveWatches:
      case OpCode::kMultiRead:
      case OpCode::kAuth:
      case OpCode::kSetWatches:
      case OpCode::kSasl:
      case OpCode::kGetEphemerals:
      case OpCode::kGetAllChildrenNumber:
      case OpCode::kSetWatches2:
      case OpCode::kAddWatch:
      case OpCode::kWhoAmI:
        break;
    }
  }
  return Error{ErrorKind::kCorrupt, fmt::format("transaction of unknown type {}", type)};
}

Result<Txn> decode_txn(ByteView bytes) {
  jute::InputArchive in(bytes);
  Txn txn;
  get(in, txn.header);
  if (!in.ok()) return Error{ErrorKind::kTruncated, "transaction header ends early"};
  auto body = decode_txn_body(txn.header.type, in);
  if (!body.ok()) return body.error();
  txn.body = std::move(*body);
  if (in.rest().size() >= kTxnDigestBytes) get(in, txn.digest.emplace());
  return txn;
}

}  // namespace okapi
