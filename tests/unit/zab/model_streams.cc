// What goes over the links of the model: handlers that stream a log or a tree, and the reading of
// packets in pieces.
#include <algorithm>

#include "common/base/assert.h"
#include "tests/unit/zab/model_node.h"

namespace okapi::zab_test {

// The learner's handler: log records, or the tree, in one piece or later.
void ModelNode::stream(Link& link, MonoTime now) {
  if (!link.slow || rng_.chance(1, 2)) return;
  link.slow = false;
  LeaderEffects out;
  std::string& to = link.to_learner.bytes;
  if (link.log.has_value()) {
    StreamLog wanted = *link.log;
    link.log.reset();
    auto put_op = [&](const std::optional<SyncOp>& op) {
      if (!op.has_value()) return;
      PacketType type = op->kind == SyncOp::Kind::kDiff ? PacketType::kDiff : PacketType::kTrunc;
      to += encode_packet(type, op->zxid).view();
    };
    bool stopped = false;
    for (const EncodedTxn& txn : log_) {
      if (txn.zxid > wanted.log_to) break;
      CommittedWalk::Step step = wanted.walk.next(txn.zxid);
      stopped = step.stop;
      if (stopped) break;
      put_op(step.op);
      if (!step.send) continue;
      to += proposal_packet(txn).view();
      to += encode_packet(PacketType::kCommit, txn.zxid).view();
    }
    if (!stopped) put_op(wanted.walk.finish());
    leader_->log_sent(link.id, wanted.walk, now, out);
  } else {
    Zxid stamp = tree_.empty() ? Zxid() : tree_.back().zxid;
    to += encode_packet(PacketType::kSnap, stamp).view();
    std::string count;
    jute::OutputArchive(count).put_int(static_cast<int32_t>(tree_.size()));
    to += count;
    for (const EncodedTxn& txn : tree_) to += proposal_packet(txn).view();
    leader_->snapshot_sent(link.id, stamp, now, out);
  }
  run(out, now);
}

void ModelNode::load(Link& link, MonoTime now) {
  std::string rest = link.learner_in.take_rest();
  jute::InputArchive in(rest);
  int32_t count = in.get_int();
  std::string packets(in.rest());
  PacketReader parser;
  parser.feed(packets);
  History tree;
  while (in.ok() && static_cast<int32_t>(tree.size()) < count) {
    auto packet = parser.next();
    OKAPI_ASSERT(packet.ok());
    if (!packet->has_value()) break;
    tree.push_back(*txn_of_packet(**packet));
  }
  if (!in.ok() || static_cast<int32_t>(tree.size()) < count) {
    link.learner_in.feed(rest);  // more has to come
    return;
  }
  tree_ = std::move(tree);
  for (const EncodedTxn& txn : tree_) committed_.add(txn);
  link.loading.reset();
  link.learner_in.feed(parser.take_rest());
  learner_->snapshot_loaded(now);
}

void ModelNode::read_learner(Link& link, MonoTime now) {
  std::string& in = link.to_learner.bytes;
  size_t piece = std::min<size_t>(in.size(), 1 + rng_.below(400));
  link.learner_in.feed(ByteView(in).substr(0, piece));
  in.erase(0, piece);
  while (learner_ != nullptr && !ended_) {
    if (link.loading.has_value()) {
      load(link, now);
      if (link.loading.has_value()) break;
    }
    auto packet = link.learner_in.next();
    OKAPI_ASSERT(packet.ok());
    if (!packet->has_value()) break;
    LearnerEffects out;
    learner_->received(**packet, now, out);
    run(out, now);
  }
}

void ModelNode::read_leader(Link& link, MonoTime now) {
  std::string& in = link.to_leader.bytes;
  size_t piece = std::min<size_t>(in.size(), 1 + rng_.below(100));
  link.leader_in.feed(ByteView(in).substr(0, piece));
  in.erase(0, piece);
  while (leader_ != nullptr && link.open) {
    auto packet = link.leader_in.next();
    OKAPI_ASSERT(packet.ok());
    if (!packet->has_value()) break;
    LeaderEffects out;
    leader_->received(link.id, **packet, now, out);
    run(out, now);
  }
}

}  // namespace okapi::zab_test
