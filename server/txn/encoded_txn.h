// A transaction in its one encoding: the payload of a log record, and the data of a PROPOSAL. Made
// once by Prep (or received from a leader), then shared by log, learners and committed log.
#pragma once

#include "common/base/bytes.h"
#include "server/txn/txn.h"

namespace okapi {

struct EncodedTxn {
  Zxid zxid;
  // TxnHeader, body, optional TxnDigest. What encode_txn makes lies in a whole PROPOSAL packet
  // (server/txn/proposal.h).
  SharedBytes bytes;
};

// `body` is the encoded record of the header's type (server/txn/txn.h). One allocation, the
// PROPOSAL around it included.
EncodedTxn encode_txn(const TxnHeader& header, ByteView body,
                      const std::optional<TxnDigest>& digest);
template <jute::Record Body>
EncodedTxn encode_txn(const TxnHeader& header, const Body& body,
                      const std::optional<TxnDigest>& digest) {
  return encode_txn(header, jute::encoded(body), digest);
}

}  // namespace okapi
