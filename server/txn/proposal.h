// Transactions as packets of the quorum port (peer-protocol spec 6.1). A transaction that
// encode_txn or a PROPOSAL brought forth lies inside its PROPOSAL packet already, so all learners,
// the log and the committed log share one block. Pure functions.
#pragma once

#include "common/proto/quorum_packet.h"
#include "server/txn/encoded_txn.h"

namespace okapi {

// The whole PROPOSAL packet: shared where the transaction lies in one, else copied.
SharedBytes proposal_packet(const EncodedTxn& txn);
// A copy; make it once per transaction and share it between observers.
SharedBytes inform_packet(const EncodedTxn& txn);
SharedBytes inform_and_activate_packet(const EncodedTxn& txn, ServerId designated);

// The transaction in a received PROPOSAL or INFORM, or in an INFORMANDACTIVATE behind the
// designated leader. Shares the packet's block, or is copied as a PROPOSAL if it has none. Errors:
// no transaction header, or one with another zxid than the packet's.
Result<EncodedTxn> txn_of_packet(const QuorumPacket& packet);

}  // namespace okapi
