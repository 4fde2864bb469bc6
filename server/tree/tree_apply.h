// What each kind of transaction does to the tree (client-protocol spec 3.3, storage spec 5): the
// one apply path. Runs while all shards of the txn are held exclusively. Values in txns are
// absolute, so in replay, where part of it may be there already, doing it again does no harm.
#pragma once

#include "server/tree/tree_state.h"
#include "server/tree/tree_writer.h"
#include "server/txn/txn.h"

namespace okapi {

class TxnApplier {
 public:
  TxnApplier(TreeState& state, const TxnHeader& header, ApplyMode mode, Applied& out)
      : state_(state), header_(header), mode_(mode), out_(out) {}

  // Applies one body, of a txn or of a multi's sub; for the latter `type` is the sub's.
  SubResult run(const TxnBody& body, int32_t type);
  // A multi whose subs are decoded: all of them, or none if one is an error.
  void run_multi(const MultiTxn& multi, const std::vector<TxnBody>& bodies);
  // Deletes what the session owns beyond what was listed.
  void remove_owned_by(SessionId session);

 private:
  struct NewNode {
    ByteView path;
    NullableView data;
    const jute::Vector<AclView>& acl;
    int64_t owner;
    int32_t parent_cversion;
  };
  SubResult on(const CreateTxn& body);
  SubResult on(const CreateContainerTxn& body);
  SubResult on(const CreateTtlTxn& body);
  SubResult on(const DeleteTxn& body);
  SubResult on(const SetDataTxn& body);
  SubResult on(const SetAclTxn& body);
  SubResult on(const CheckTxn& body);
  SubResult on(const CreateSessionTxn& body);
  SubResult on(const CloseSessionTxn& body);
  SubResult on(const ErrorTxn& body);
  SubResult on(const MultiTxn& body);

  SubResult create(const NewNode& body);
  SubResult create_existing(const NewNode& body, Znode& parent, Znode& node);
  SubResult remove(ByteView path, bool even_if_missing);
  template <class Body>
  SubResult create_from(const Body& body);

  // Replay only: takes out all below a node. Its children are of a later life of the path, and the
  // log that follows brings them back.
  void remove_below(Znode& node);
  void remove_node(Znode& node, ByteView path, PathHash hash);
  void advance_parent(Znode& parent, ByteView path, int32_t cversion);
  void touch_parent(Znode& parent, ByteView path);
  void emit(EventType type, ByteView path, const Znode& node);
  void on_quota_node_created(Znode& node, ByteView path);
  void add_usage(ByteView path, int64_t count, int64_t bytes);
  SubResult done(ByteView path, const Znode& node) const;
  bool replaying() const { return mode_ == ApplyMode::kReplay; }

  TreeState& state_;
  const TxnHeader& header_;
  const ApplyMode mode_;
  Applied& out_;
};

// Recomputes the usage of `prefix` into its stats node, if there is one. Writer.
void recount_quota(TreeState& state, ByteView prefix);

}  // namespace okapi
