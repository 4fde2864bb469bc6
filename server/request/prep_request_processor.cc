#include "server/request/prep_request_processor.h"

#include <algorithm>

#include "server/request/op_table.h"

namespace okapi {
namespace {

const IdentityList kNobody;

// Requests whose nodes are fetched while others are prepared.
constexpr size_t kAhead = 16;

bool is_session_op(OpCode op) {
  return op == OpCode::kCreateSession || op == OpCode::kCloseSession;
}

}  // namespace

PrepRequestProcessor::PrepRequestProcessor(Env& env, const ServerConfig& config,
                                           const ProviderRegistry& registry, const DataTree& tree,
                                           Zxid last, const std::vector<SessionId>& sessions,
                                           std::optional<MembershipView> membership)
    : env_(env),
      config_(config),
      registry_(registry),
      tree_(tree),
      last_(last),
      pending_(tree),
      membership_(std::move(membership)) {
  for (SessionId session : sessions) sessions_.add(session);
}

void PrepRequestProcessor::step(Turn&) {
  inbox_.clear();
  if (!requests.drain(inbox_)) return;
  take_memberships();
  pending_.prune();
  int64_t time_ms = env_.clock().wall().ms;
  for (size_t i = 0; i < std::min(kAhead, inbox_.size()); ++i) fetch_ahead(i);
  for (size_t i = 0; i < inbox_.size(); ++i) {
    if (i + kAhead < inbox_.size()) fetch_ahead(i + kAhead);
    std::visit([&](const auto& kind) { take(kind, time_ms); }, inbox_[i]);
  }
  queued_.add(static_cast<int64_t>(inbox_.size()));
  to_tracker.flush();
  to_peer.flush();
}

// After the requests were taken: a view that was posted before one of them is here now.
void PrepRequestProcessor::take_memberships() {
  memberships_inbox_.clear();
  if (!memberships.drain(memberships_inbox_)) return;
  membership_ = std::move(memberships_inbox_.back());
  if (proposed_ == nullptr) return;
  if (membership_->current->version() < proposed_->version()) {
    membership_->last_seen = proposed_;
  } else {
    proposed_.reset();
  }
}

// The path is the first field of every write that has one; a sequential create finds its own.
void PrepRequestProcessor::fetch_ahead(size_t index) {
  const auto* request = std::get_if<RequestPtr>(&inbox_[index]);
  if (request == nullptr) return;
  const RequestView& view = **request;
  if (view.op == OpCode::kMulti || is_session_op(view.op)) return;
  NullableView path = jute::InputArchive(view.body).get_buffer();
  if (!path.has_value()) return;
  tree_.prefetch(tree_.hash_of(*path), DataTree::Fetch::kSlots);
}

void PrepRequestProcessor::take(const RequestPtr& request, int64_t time_ms) {
  if (request->op == OpCode::kSync) return order_sync(*request, time_ms);
  prepare(*request, time_ms);
}

void PrepRequestProcessor::take(const SessionRequest& request, int64_t time_ms) {
  if (request.kind == SessionRequest::Kind::kForget) {
    sessions_.remove(request.session);
    return;
  }
  if (request.kind == SessionRequest::Kind::kSetOwner) {
    sessions_.set_owner(request.session, request.owner);
    return;
  }
  RequestView view;
  view.session = request.session;
  view.connection = request.owner.connection();
  view.identities = &kNobody;
  view.op = request.kind == SessionRequest::Kind::kCreate ? OpCode::kCreateSession
                                                          : OpCode::kCloseSession;
  std::string body = jute::encoded(CreateSessionTxn{request.timeout_ms});
  view.body = body;
  prepare(view, time_ms);
}

// It is answered whatever is found; as any first request does, it sets the owner.
void PrepRequestProcessor::order_sync(const RequestView& request, int64_t time_ms) {
  sessions_.check(request.session, request.owner());
  // A transaction that changes nothing goes before it: a quorum that logs it has no other leader
  // (ZOOKEEPER-2136). Of no session, so that nobody takes it for an answer.
  if (config_.request.sync_confirms_leadership) {
    prepared_.body = jute::encoded(ErrorTxn{});
    propose({SessionId(), 0, last_.next(), time_ms, static_cast<int32_t>(OpCode::kError)}, {});
  }
  to_peer.add(OrderedSync{request.link, request.session, request.xid});
}

void PrepRequestProcessor::prepare(const RequestView& request, int64_t time_ms) {
  prepared_.body.clear();
  PrepContext context{config_,   registry_, tree_,        pending_,
                      sessions_, request,   last_.next(), time_ms};
  if (membership_.has_value()) context.membership = &*membership_;
  ErrorCode error = op_row(request.op).prepare(context, request.op, request.body, prepared_);
  if (context.ephemerals_full) warn_of_full(request);
  if (request.op == OpCode::kReconfig) note_reconfig(context, error);
  if (request.op == OpCode::kCreateSession && request.owner().is_learner() &&
      error == ErrorCode::kOk) {
    auto created = jute::decode<CreateSessionTxn>(request.body);
    to_tracker.add(SessionCreated{request.session, created->timeout_ms});
  }
  propose(request, error, time_ms);
}

void PrepRequestProcessor::warn_of_full(const RequestView& request) {
  int64_t suppressed = 0;
  if (!full_log_.allow(env_.clock().now(), suppressed)) return;
  OKAPI_WARN(env_.log(),
             "Session 0x{:x} has ephemerals whose paths take {} of {} bytes: a create was refused, "
             "as its closeSession would not fit jute.maxbuffer ({} more like this)",
             static_cast<uint64_t>(request.session.value()),
             pending_.ephemeral_bytes_of(request.session), ephemeral_bytes_max(config_),
             suppressed);
}

void PrepRequestProcessor::note_reconfig(const PrepContext& context, ErrorCode error) {
  if (error == ErrorCode::kOk) {
    proposed_ = context.reconfigured;
    membership_->last_seen = proposed_;
    return;
  }
  int64_t suppressed = 0;
  if (!reconfig_log_.allow(env_.clock().now(), suppressed)) return;
  OKAPI_WARN(env_.log(), "Reconfiguration of session 0x{:x} refused with error {}: {} ({} more)",
             static_cast<uint64_t>(context.request.session.value()), static_cast<int32_t>(error),
             context.reconfig_refused, suppressed);
}

void PrepRequestProcessor::propose(const RequestView& request, ErrorCode error, int64_t time_ms) {
  if (error != ErrorCode::kOk) {
    prepared_.type = OpCode::kError;
    prepared_.body = jute::encoded(ErrorTxn{static_cast<int32_t>(error)});
  }
  std::optional<TxnDigest> digest;
  if (config_.storage.digest_enabled && error == ErrorCode::kOk) {
    digest = TxnDigest{kDigestVersion, static_cast<int64_t>(pending_.digest())};
  }
  propose(
      {request.session, request.xid, last_.next(), time_ms, static_cast<int32_t>(prepared_.type)},
      digest);
}

void PrepRequestProcessor::propose(TxnHeader header, std::optional<TxnDigest> digest) {
  last_ = header.zxid;
  to_peer.add(encode_txn(header, prepared_.body, digest));
}

}  // namespace okapi
