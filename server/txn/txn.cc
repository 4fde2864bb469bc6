#include "server/txn/txn.h"

#include <spdlog/fmt/fmt.h>

namespace okapi {
namespace {

// The body as a `Body`; one that is there already keeps its memory.
template <class Body>
Body& become(TxnBody& out) {
  auto* body = std::get_if<Body>(&out);
  return body != nullptr ? *body : out.emplace<Body>();
}

template <class Body>
void decode_as(jute::InputArchive& in, TxnBody& out) {
  get(in, become<Body>(out));
}

// Compat: writers before 3.5 left out parentCVersion; then it means "current + 1" (storage 3.5 #8).
void decode_create(jute::InputArchive& in, TxnBody& out) {
  jute::InputArchive old = in;
  auto& body = become<CreateTxn>(out);
  get(in, body);
  if (in.ok()) return;
  in = old;
  get(in, body.path);
  get(in, body.data);
  get(in, body.acl);
  get(in, body.ephemeral);
  body.parent_cversion = -1;
}

// Compat: a closeSession may have no body (storage spec 3.5). What is left tells: nothing, a digest
// alone, or a body. One path of four bytes is as long as a digest, but begins with a count of 1 and
// not with the digest's version.
void decode_close_session(jute::InputArchive& in, TxnBody& out) {
  auto& body = become<CloseSessionTxn>(out);
  jute::InputArchive ahead = in;
  size_t left = in.rest().size();
  if (left == 0 || (left == kTxnDigestBytes && ahead.get_int() == kDigestVersion)) {
    body.paths.items.clear();
    body.paths.null = true;
    return;
  }
  get(in, body);
}

// False: no transaction has this type.
bool decode_known(OpCode op, jute::InputArchive& in, TxnBody& out) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
      decode_create(in, out);
      return true;
    case OpCode::kCreateContainer:
      decode_as<CreateContainerTxn>(in, out);
      return true;
    case OpCode::kCreateTtl:
      decode_as<CreateTtlTxn>(in, out);
      return true;
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      decode_as<DeleteTxn>(in, out);
      return true;
    case OpCode::kSetData:
    case OpCode::kReconfig:
      decode_as<SetDataTxn>(in, out);
      return true;
    case OpCode::kSetAcl:
      decode_as<SetAclTxn>(in, out);
      return true;
    case OpCode::kCheck:
      decode_as<CheckTxn>(in, out);
      return true;
    case OpCode::kCreateSession:
      decode_as<CreateSessionTxn>(in, out);
      return true;
    case OpCode::kCloseSession:
      decode_close_session(in, out);
      return true;
    case OpCode::kError:
      decode_as<ErrorTxn>(in, out);
      return true;
    case OpCode::kMulti:
      decode_as<MultiTxn>(in, out);
      return true;
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
      return false;
  }
  return false;
}

}  // namespace

Status decode_txn_body(int32_t type, jute::InputArchive& in, TxnBody& out) {
  auto op = op_code_of(type);
  if (!op.has_value() || !decode_known(*op, in, out)) {
    return Error{ErrorKind::kCorrupt, fmt::format("transaction of unknown type {}", type)};
  }
  if (in.ok()) return {};
  return Error{ErrorKind::kTruncated,
               fmt::format("body of a {} transaction: {}", name_of(*op), in.why())};
}

Status decode_txn(ByteView bytes, Txn& out) {
  jute::InputArchive in(bytes);
  get(in, out.header);
  if (!in.ok()) return Error{ErrorKind::kTruncated, "transaction header ends early"};
  OKAPI_TRY(decode_txn_body(out.header.type, in, out.body));
  out.digest.reset();
  if (in.rest().size() >= kTxnDigestBytes) get(in, out.digest.emplace());
  return {};
}

Result<Txn> decode_txn(ByteView bytes) {
  Txn txn;
  OKAPI_TRY(decode_txn(bytes, txn));
  return txn;
}

}  // namespace okapi
