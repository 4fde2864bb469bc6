#include "server/txn/encoded_txn.h"

#include <cstring>

#include "common/proto/quorum_packet.h"

namespace okapi {
namespace {

// Big-endian values into memory that is there already.
class Cursor {
 public:
  explicit Cursor(char* to) : to_(to) {}
  void put_int(int32_t v) { put(__builtin_bswap32(static_cast<uint32_t>(v))); }
  void put_long(int64_t v) { put(__builtin_bswap64(static_cast<uint64_t>(v))); }
  void put_raw(ByteView v) {
    if (!v.empty()) std::memcpy(to_, v.data(), v.size());
    to_ += v.size();
  }

 private:
  template <class T>
  void put(T big) {
    std::memcpy(to_, &big, sizeof big);
    to_ += sizeof big;
  }
  char* to_;
};

}  // namespace

EncodedTxn encode_txn(const TxnHeader& header, ByteView body,
                      const std::optional<TxnDigest>& digest) {
  size_t size = kTxnHeaderBytes + body.size() + (digest.has_value() ? kTxnDigestBytes : 0);
  SharedBytes packet = SharedBytes::make(kPacketHeadBytes + size + kPacketTailBytes, [&](char* to) {
    write_packet_head(to, PacketType::kProposal, header.zxid, size);
    Cursor cursor(to + kPacketHeadBytes);
    cursor.put_long(header.client_id.value());
    cursor.put_int(header.cxid);
    cursor.put_long(header.zxid.value());
    cursor.put_long(header.time_ms);
    cursor.put_int(header.type);
    cursor.put_raw(body);
    if (digest.has_value()) {
      cursor.put_int(digest->version);
      cursor.put_long(digest->tree_digest);
    }
    write_packet_tail(to + kPacketHeadBytes + size);
  });
  return {header.zxid, packet.slice(kPacketHeadBytes, size)};
}

}  // namespace okapi
