// A PrepRequestProcessor whose neighbours are played by the test: requests go in by mail, what it
// proposes is applied to the tree when the test says so.
#pragma once

#include <deque>
#include <memory>

#include "common/proto/requests.h"
#include "server/database/zk_database.h"
#include "server/request/prep_request_processor.h"
#include "server/tree/tree_loader.h"
#include "tests/support/fake_env.h"

namespace okapi {

inline const SessionId kSession{0x100000000000001};
inline const ConnectionId kClient = ConnectionId::make(0, 0, 1);

template <jute::Record Body>
RequestPtr make_request(OpCode op, int32_t xid, const Body& body, SessionId session = kSession,
                        ConnectionId from = kClient) {
  std::string bytes = jute::encoded(body);
  RequestView view;
  view.session = session;
  view.connection = from;
  view.xid = xid;
  view.op = op;
  view.body = bytes;
  return RequestPtr::make(view, std::make_shared<IdentityList>());
}

inline CreateRequest create_of(ByteView path, int32_t flags = 0, NullableView data = "") {
  CreateRequest create;
  create.path = path;
  create.data = data;
  create.acl.items = {{Perms::kAll, "world", "anyone"}};
  create.flags = flags;
  return create;
}

class PrepWorld {
 public:
  PrepWorld()
      : registry(std::move(*ProviderRegistry::make(config))),
        database(TreeOptions{.extended_types = true}, 500),
        writer(database.tree().take_writer()) {
    config.request.extended_types_enabled = true;
    TreeLoader::initialize_empty(writer);
    prep = std::make_unique<PrepRequestProcessor>(env, config, registry, database.tree(), Zxid(),
                                                  std::vector<SessionId>{kSession});
    prep->requests.attach(bell);
    prep->to_peer = proposals.sink();
    prep->to_tracker = tracker.sink();
  }

  void post(RequestPtr request) { prep->requests.post(std::move(request)); }
  template <jute::Record Body>
  void post(OpCode op, const Body& body) {
    post(make_request(op, ++xid, body));
  }
  // One step; the transactions it made also wait to be applied.
  std::vector<Txn> run() {
    step(*prep, env);
    std::vector<Txn> out;
    for (Prepared& item : proposals.take()) {
      auto& txn = std::get<EncodedTxn>(item);
      waiting.push_back(txn);
      kept.push_back(std::move(txn));
      out.push_back(std::move(*decode_txn(kept.back().bytes.view())));
    }
    return out;
  }
  template <jute::Record Body>
  Txn run(OpCode op, const Body& body) {
    post(op, body);
    auto txns = run();
    if (txns.size() != 1) std::abort();
    return std::move(txns.front());
  }
  // Applies the next proposal; whether the tree then has the digest that Prep foretold.
  bool apply_next() {
    EncodedTxn encoded = std::move(waiting.front());
    waiting.pop_front();
    auto txn = decode_txn(encoded.bytes.view());
    Applied applied = database.apply(writer, *txn, encoded, ApplyMode::kLive);
    database.tree().set_last_applied(encoded.zxid);
    if (!txn->digest.has_value()) return true;
    return txn->digest->tree_digest == static_cast<int64_t>(database.tree().digest());
  }
  bool apply_all() {
    bool same = true;
    while (!waiting.empty()) same = apply_next() && same;
    return same;
  }

  FakeEnv env;
  ServerConfig config;
  ProviderRegistry registry;
  ZkDatabase database;
  TreeWriter writer;
  FakeBell bell;
  Outlet<Prepared> proposals;
  Outlet<SessionMail> tracker;
  std::unique_ptr<PrepRequestProcessor> prep;
  std::deque<EncodedTxn> waiting, kept;
  int32_t xid = 0;
};

inline ErrorCode error_of(const Txn& txn) {
  const auto* error = std::get_if<ErrorTxn>(&txn.body);
  return error == nullptr ? ErrorCode::kOk : static_cast<ErrorCode>(error->err);
}

// The body of a multi of these operations.
struct MultiBuilder {
  template <jute::Record Body>
  MultiBuilder& add(OpCode op, const Body& body) {
    jute::encode(bytes, MultiHeader{static_cast<int32_t>(op), false, -1});
    jute::encode(bytes, body);
    return *this;
  }
  RequestPtr done(int32_t xid, ConnectionId from = kClient) {
    jute::encode(bytes, MultiHeader{-1, true, -1});
    RequestView view;
    view.session = kSession;
    view.connection = from;
    view.xid = xid;
    view.op = OpCode::kMulti;
    view.body = bytes;
    return RequestPtr::make(view, std::make_shared<IdentityList>());
  }
  std::string bytes;
};

}  // namespace okapi
