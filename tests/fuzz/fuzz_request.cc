// Any bytes as a client's requests: a handshake, a multi, and one request of every operation, run
// against a small database. What is prepared must decode, apply without an error, and leave the
// tree with the digest that Prep foretold; a refused write must have changed nothing.
#include <cstddef>
#include <cstdint>

#include "common/base/assert.h"
#include "server/request/multi_request.h"
#include "server/request/op_table.h"
#include "server/tree/tree_loader.h"
#include "server/txn/encoded_txn.h"

namespace okapi {
namespace {

constexpr ConnectionId kClient = ConnectionId::make(0, 1, 1);
constexpr SessionId kSession(0x100000000000000);

class World {
 public:
  World()
      : registry_(std::move(*ProviderRegistry::make(config_))),
        writer_(tree_.take_writer()),
        identities_(std::make_shared<IdentityList>(registry_.initial_identities({"127.0.0.1"}))) {
    config_.request.extended_types_enabled = true;
    config_.request.enforce_quota = true;
    TreeLoader::initialize_empty(writer_);
    pending_ = std::make_unique<PendingChanges>(tree_);
    sessions_.add(kSession);
  }

  void run(OpCode op, ByteView body) {
    RequestView request;
    request.session = kSession;
    request.connection = kClient;
    request.xid = 1;
    request.op = op;
    request.body = body;
    request.identities = identities_.get();
    if (op_row(op).prepare != nullptr) {
      write(request);
    } else {
      read(request);
    }
  }

 private:
  void write(const RequestView& request) {
    PreparedTxn prepared;
    uint64_t before = pending_->digest();
    PrepContext context{config_,   registry_, tree_,        *pending_,
                        sessions_, request,   last_.next(), 1'000};
    ErrorCode error = op_row(request.op).prepare(context, request.op, request.body, prepared);
    if (error != ErrorCode::kOk) {
      OKAPI_ASSERT(pending_->digest() == before);
      return;
    }
    last_ = last_.next();
    TxnHeader header{kSession, 1, last_, 1'000, static_cast<int32_t>(prepared.type)};
    TxnDigest digest{kDigestVersion, static_cast<int64_t>(pending_->digest())};
    EncodedTxn encoded = encode_txn(header, prepared.body, digest);
    auto txn = decode_txn(encoded.bytes.view());
    OKAPI_ASSERT(txn.ok());
    {
      Applied applied = writer_.apply(*txn, ApplyMode::kLive);
      OKAPI_ASSERT(applied.err == ErrorCode::kOk || request.op == OpCode::kMulti);
      tree_.set_last_applied(last_);
    }
    OKAPI_ASSERT(tree_.digest() == pending_->digest());
    pending_->prune();
    OKAPI_ASSERT(pending_->size() == 0);
  }

  void read(const RequestView& request) {
    std::string body;
    std::string events;
    ReadContext context{config_, registry_, tree_, watches_, request, Zxid(), body, events};
    op_row(request.op).read(context);
  }

  ServerConfig config_;
  ProviderRegistry registry_;
  DataTree tree_{TreeOptions{.extended_types = true}};
  TreeWriter writer_;
  Identities identities_;
  WatchTables watches_;
  SessionBook sessions_;
  std::unique_ptr<PendingChanges> pending_;
  Zxid last_;
};

void run(ByteView bytes) {
  split_multi(bytes, false, 100);
  split_multi(bytes, true, 100);
  World world;
  // The input is a row of requests: operation, length, body.
  while (bytes.size() > 2) {
    int32_t number = static_cast<uint8_t>(bytes[0]);
    size_t length = std::min<size_t>(static_cast<uint8_t>(bytes[1]), bytes.size() - 2);
    auto op = op_code_of(number);
    if (op.has_value() && is_client_request(*op)) world.run(*op, bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
}

}  // namespace
}  // namespace okapi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  okapi::run(okapi::ByteView(reinterpret_cast<const char*>(data), size));
  return 0;
}
