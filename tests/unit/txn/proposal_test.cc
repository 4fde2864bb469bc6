#include "server/txn/proposal.h"

#include <catch2/catch.hpp>

#include "common/proto/learner_info.h"

using namespace okapi;

namespace {

EncodedTxn some_txn() {
  TxnHeader header{SessionId(5), 6, Zxid(0x100000007), 8, static_cast<int32_t>(OpCode::kDelete)};
  std::string path = "/gone";
  return encode_txn(header, DeleteTxn{path}, TxnDigest{2, 77});
}

QuorumPacket parsed(const SharedBytes& bytes) {
  auto packet = jute::decode<QuorumPacket>(bytes.view());
  REQUIRE(packet.ok());
  return *packet;
}
// The packet is a view of the bytes: it must not outlive them.
QuorumPacket parsed(SharedBytes&& bytes) = delete;

}  // namespace

TEST_CASE("a_proposal_is_the_block_that_holds_its_transaction") {
  EncodedTxn txn = some_txn();
  SharedBytes packet = proposal_packet(txn);
  CHECK(packet.view().data() + kPacketHeadBytes == txn.bytes.view().data());
  CHECK(parsed(packet).type() == PacketType::kProposal);
  CHECK(parsed(packet).zxid == txn.zxid);
  CHECK(parsed(packet).data == NullableView(txn.bytes.view()));
  CHECK(parsed(packet).auth.null);
  // Bytes from the log lie in no packet, or in something that only has room around it.
  EncodedTxn bare{txn.zxid, SharedBytes::copy_of(txn.bytes.view())};
  CHECK(proposal_packet(bare).view() == packet.view());
  std::string around = std::string(16, 'x') + std::string(txn.bytes.view()) + "yyyy";
  EncodedTxn inside{txn.zxid, SharedBytes::copy_of(around).slice(16, txn.bytes.size())};
  CHECK(proposal_packet(inside).view() == packet.view());
}

TEST_CASE("inform_carries_the_same_bytes_and_the_designated_leader_in_front_if_there_is_one") {
  EncodedTxn txn = some_txn();
  SharedBytes held = inform_packet(txn);
  QuorumPacket inform = parsed(held);
  CHECK(inform.type() == PacketType::kInform);
  CHECK(inform.data == NullableView(txn.bytes.view()));
  SharedBytes bytes = inform_and_activate_packet(txn, ServerId(3));
  QuorumPacket activate = parsed(bytes);
  CHECK(*decode_designated(activate.data) == ServerId(3));
  CHECK(activate.data->substr(8) == txn.bytes.view());
}

TEST_CASE("a_received_transaction_can_be_proposed_again_without_a_copy") {
  EncodedTxn txn = some_txn();
  const SharedBytes packets[] = {proposal_packet(txn), inform_packet(txn),
                                 inform_and_activate_packet(txn, ServerId(3))};
  for (const SharedBytes& bytes : packets) {
    auto received = txn_of_packet(parsed(bytes));
    REQUIRE(received.ok());
    CHECK(received->zxid == txn.zxid);
    CHECK(received->bytes.view() == txn.bytes.view());
    SharedBytes again = proposal_packet(*received);
    CHECK(again.view().data() + kPacketHeadBytes == received->bytes.view().data());
    CHECK(again.view() == packets[0].view());
  }
}

TEST_CASE("a_received_transaction_shares_its_batch_with_the_packets_beside_it") {
  EncodedTxn txn = some_txn();
  PacketParser parser{PacketLimits{}};
  parser.feed(encode_packet(PacketType::kPing, Zxid(1)).view());
  parser.feed(proposal_packet(txn).view());
  parser.feed(inform_and_activate_packet(txn, ServerId(3)).view());
  auto batch = parser.take();
  REQUIRE(batch.ok());
  PacketWalk walk(batch->bytes);
  CHECK(walk.next()->type() == PacketType::kPing);
  for (bool proposal : {true, false}) {
    auto received = txn_of_packet(*walk.next());
    REQUIRE(received.ok());
    CHECK(received->bytes.view() == txn.bytes.view());
    CHECK(received->bytes.view().data() > batch->bytes.view().data());
    CHECK(received->bytes.view().data() < batch->bytes.view().data() + batch->bytes.size());
    SharedBytes again = proposal_packet(*received);
    CHECK(again.view() == proposal_packet(txn).view());
    CHECK((again.view().data() + kPacketHeadBytes == received->bytes.view().data()) == proposal);
  }
  CHECK_FALSE(walk.next().has_value());
}

TEST_CASE("x_quo_10_a_proposal_with_another_transaction_than_it_says_is_refused") {
  EncodedTxn txn = some_txn();
  SharedBytes bytes = proposal_packet(txn);
  QuorumPacket packet = parsed(bytes);
  packet.zxid = packet.zxid.next();
  CHECK_FALSE(txn_of_packet(packet).ok());
  packet = parsed(bytes);
  packet.data = packet.data->substr(0, kTxnHeaderBytes - 1);
  CHECK_FALSE(txn_of_packet(packet).ok());
  packet.data = std::nullopt;
  CHECK_FALSE(txn_of_packet(packet).ok());
  packet.type_number = static_cast<int32_t>(PacketType::kInformAndActivate);
  packet.data = "1234567";
  CHECK_FALSE(txn_of_packet(packet).ok());
}
