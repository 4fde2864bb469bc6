#include "server/txn/encoded_txn.h"

#include <cstring>

#include "common/proto/quorum_packet.h"

namespace okapi {
EncodedTxn encode_txn(const TxnHeader& header, ByteView body,
                      const std::optional<TxnDigest>& digest) {
  size_t size = kTxnHeaderBytes + body.size() + (digest.has_value() ? kTxnDigestBytes : 0);
  SharedBytes packet = SharedBytes::make(kPacketHeadBytes + size + kPacketTailBytes, [&](char* to) {
    write_packet_head(to, PacketType::kProposal, header.zxid, size);
    char* end = jute::write_numbers(to + kPacketHeadBytes, header.client_id, header.cxid,
                                    header.zxid, header.time_ms, header.type);
    if (!body.empty()) std::memcpy(end, body.data(), body.size());
    if (digest.has_value()) {
      jute::write_numbers(end + body.size(), digest->version, digest->tree_digest);
    }
    write_packet_tail(to + kPacketHeadBytes + size);
  });
  return {header.zxid, packet.slice(kPacketHeadBytes, size)};
}

}  // namespace okapi
