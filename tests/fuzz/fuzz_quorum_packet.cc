// Any bytes as the stream of the quorum port, in pieces: what parses must encode to the bytes it
// came from, and every payload decoder must stay within it.
#include <cstddef>
#include <cstdint>

#include "common/base/assert.h"
#include "common/proto/learner_info.h"
#include "server/txn/proposal.h"

using namespace okapi;

namespace {

void decode_payloads(const QuorumPacket& packet) {
  (void)decode_learner_info(packet.data);
  (void)decode_int_data(packet.data);
  (void)decode_touches(packet.data);
  (void)decode_request(packet.data);
  (void)decode_designated(packet.data);
  auto txn = txn_of_packet(packet);
  if (!txn.ok()) return;
  OKAPI_ASSERT(
      proposal_packet(*txn).view().substr(kPacketHeadBytes).starts_with(txn->bytes.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t piece = data[0] % 64 + 1;
  ByteView in(reinterpret_cast<const char*>(data) + 1, size - 1);
  PacketParser parser({.data_bytes_max = 512, .auth_count_max = 8, .auth_bytes_max = 64});
  size_t parsed = 0;
  for (size_t at = 0; at < in.size(); at += piece) {
    parser.feed(in.substr(at, piece));
    for (;;) {
      auto batch = parser.take();
      if (!batch.ok()) return 0;
      if (batch->bytes.empty()) break;
      PacketWalk walk(batch->bytes);
      while (auto packet = walk.next()) {
        SharedBytes again = encode_packet(*packet);
        OKAPI_ASSERT(in.substr(parsed, again.size()) == again.view());
        parsed += again.size();
        decode_payloads(*packet);
      }
    }
  }
  return 0;
}
