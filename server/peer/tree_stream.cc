#include "server/peer/tree_stream.h"

#include <utility>

namespace okapi {
namespace {

// A block of its own for less is not worth it.
constexpr size_t kBlockBytes = 64 * 1024;

}  // namespace

TreeStream::TreeStream(const ZkDatabase& database, TreeLease lease)
    : lease_(std::move(lease)), tree_(database, TreeIs::kInUse) {}

Result<bool> TreeStream::advance(PacketLink& link, size_t outbox_bytes) {
  if (lease_.recalled()) return Error{ErrorKind::kBusy, "the tree is about to change"};
  if (!std::exchange(begun_, true)) {
    OKAPI_TRY(link.put(encode_packet(PacketType::kSnap, stamp())));
    tree_.begin(encoder_);
  }
  for (size_t nodes = 0; nodes < kNodesPerStep; nodes += kNodesPerSlice) {
    if (link.outbox_bytes() + encoder_.buffered() >= outbox_bytes) break;
    bool more = tree_.next_slice(encoder_, kNodesPerSlice);
    if (!more) {
      encoder_.end_nodes();
      OKAPI_TRY(drain(link));
      return false;
    }
    if (encoder_.buffered() >= kBlockBytes) OKAPI_TRY(drain(link));
  }
  OKAPI_TRY(drain(link));
  return true;
}

Status TreeStream::drain(PacketLink& link) {
  if (encoder_.buffered() == 0) return {};
  return link.put(SharedBytes::copy_of(encoder_.drain()));
}

}  // namespace okapi
