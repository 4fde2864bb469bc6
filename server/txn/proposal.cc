#include "server/txn/proposal.h"

#include <spdlog/fmt/fmt.h>

#include <cstring>

#include "common/proto/learner_info.h"

namespace okapi {
namespace {

SharedBytes wrap(PacketType type, Zxid zxid, ByteView before, ByteView data) {
  size_t size = before.size() + data.size();
  return SharedBytes::make(kPacketHeadBytes + size + kPacketTailBytes, [&](char* to) {
    write_packet_head(to, type, zxid, size);
    to += kPacketHeadBytes;
    if (!before.empty()) std::memcpy(to, before.data(), before.size());
    std::memcpy(to + before.size(), data.data(), data.size());
    write_packet_tail(to + size);
  });
}

}  // namespace

SharedBytes proposal_packet(const EncodedTxn& txn) {
  // Whether what lies around it is its packet is told by the bytes themselves.
  auto around = txn.bytes.widen(kPacketHeadBytes, kPacketTailBytes);
  if (around.has_value()) {
    char head[kPacketHeadBytes], tail[kPacketTailBytes];
    write_packet_head(head, PacketType::kProposal, txn.zxid, txn.bytes.size());
    write_packet_tail(tail);
    if (around->view().starts_with(ByteView(head, sizeof head)) &&
        around->view().ends_with(ByteView(tail, sizeof tail))) {
      return *around;
    }
  }
  return wrap(PacketType::kProposal, txn.zxid, ByteView(), txn.bytes.view());
}

SharedBytes inform_packet(const EncodedTxn& txn) {
  return wrap(PacketType::kInform, txn.zxid, ByteView(), txn.bytes.view());
}

SharedBytes inform_and_activate_packet(const EncodedTxn& txn, ServerId designated) {
  return wrap(PacketType::kInformAndActivate, txn.zxid, encode_designated(designated),
              txn.bytes.view());
}

Result<EncodedTxn> txn_of_packet(const QuorumPacket& packet) {
  ByteView data = packet.data.value_or(ByteView());
  if (packet.type() == PacketType::kInformAndActivate) {
    data.remove_prefix(std::min(kDesignatedBytes, data.size()));
  }
  if (data.size() < kTxnHeaderBytes) {
    return Error{ErrorKind::kTruncated,
                 fmt::format("{} without a transaction", name_of(packet.type()))};
  }
  auto header = jute::decode<TxnHeader>(data);
  OKAPI_ASSERT(header.ok());
  if (header->zxid != packet.zxid) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} of 0x{:x} carries transaction 0x{:x}", name_of(packet.type()),
                             packet.zxid.value(), header->zxid.value())};
  }
  if (packet.block != nullptr) {
    auto offset = static_cast<size_t>(data.data() - packet.block->view().data());
    return EncodedTxn{packet.zxid, packet.block->slice(offset, data.size())};
  }
  SharedBytes whole = wrap(PacketType::kProposal, packet.zxid, ByteView(), data);
  return EncodedTxn{packet.zxid, whole.slice(kPacketHeadBytes, data.size())};
}

}  // namespace okapi
