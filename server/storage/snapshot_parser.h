// Parses a snapshot pushed to it in pieces of any length, from a file or a leader's socket. Checks
// header, bounds and seals; which node may follow which is the sink's business. Never trusts a
// length or count before the bytes are there. One thread at a time.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/env/disk.h"
#include "common/proto/acl.h"
#include "server/storage/snapshot_codec.h"
#include "server/storage/snapshot_format.h"

namespace okapi {

// Takes what a snapshot holds, in file order: sessions, ACLs, nodes with parents first (the root
// has path ""). Views are good during the call. An error ends the parsing and becomes its result.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  virtual Status on_session(SessionId id, int32_t timeout_ms) = 0;
  virtual Status on_acl(int64_t id, const jute::Vector<AclView>& acl) = 0;
  virtual Status on_node(ByteView path, NullableView data, int64_t acl_id,
                         const StatPersisted& stat) = 0;
};

class SnapshotParser {
 public:
  // `item_bytes_max` bounds one string or buffer (jute.maxbuffer + extrasize).
  SnapshotParser(SnapshotForm form, SnapshotSink& sink, uint32_t item_bytes_max);

  // Answers how many bytes it took: all of them, except that a wire snapshot takes none behind its
  // signature (the packets that follow).
  Result<size_t> feed(ByteView bytes);
  // Wire: the signature was read. File: the nodes and their seal were.
  bool done() const { return part_ == Part::kTail; }
  // At the end of a file: checks what follows the nodes. Errors: incomplete, a seal that does not
  // check, bytes that belong to nothing.
  Result<SnapshotTail> finish();
  uint64_t nodes() const { return nodes_; }

 private:
  enum class Part {
    kHeader,
    kSessionCount,
    kSession,
    kAclCount,
    kAcl,
    kNode,
    kSeal,       // file
    kSignature,  // wire
    kTail,
  };
  // Parses whole items from the front of `in`; answers their bytes.
  Result<size_t> parse(ByteView in);
  Status take_item(ByteView in, size_t& bytes);
  Status take_node(ByteView in, size_t& bytes);
  Status header(jute::InputArchive& in);
  void count(jute::InputArchive& in);
  Status acl(jute::InputArchive& in);
  Status seal(jute::InputArchive& in, uint32_t sum);
  Status check_tail(ByteView tail, SnapshotTail& out);
  Error corrupt(ByteView why) const;

  SnapshotForm form_;
  SnapshotSink* sink_;
  uint32_t item_bytes_max_;
  Part part_;
  int64_t left_ = 0;  // entries of the list in work
  uint64_t nodes_ = 0;
  uint64_t offset_ = 0;  // of the item in work
  uint32_t sum_ = kAdlerSeed;
  std::string carry_;  // a started item, or the tail
  size_t need_ = 0;    // bytes that the started item takes at least
};

struct SnapshotReadOptions {
  uint32_t item_bytes_max = kDefaultRecordBytesMax;
  size_t read_bytes = 256 * 1024;
};

// Reads a snapshot file through codec and parser, a slice per call. An open file survives its
// removal by purge.
class SnapshotFileReader {
 public:
  static Result<SnapshotFileReader> open(Disk& disk, const std::string& path, SnapshotSink& sink,
                                         SnapshotReadOptions options);
  SnapshotFileReader(SnapshotFileReader&&) noexcept;
  SnapshotFileReader& operator=(SnapshotFileReader&&) noexcept;
  ~SnapshotFileReader();
  // Reads on by about `bytes` of the file; true when it was read to its end and is valid.
  Result<bool> step(uint64_t bytes);
  const SnapshotTail& tail() const;
  uint64_t nodes() const;

 private:
  struct State;
  explicit SnapshotFileReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Reads the whole file. Errors name it: kCorrupt or kTruncated if it is no valid snapshot.
Result<SnapshotTail> read_snapshot(Disk& disk, const std::string& path, SnapshotSink& sink,
                                   SnapshotReadOptions options = {});
// The cheap validity check of storage spec 4.3, by head, tail and length only.
Result<bool> looks_complete(Disk& disk, const std::string& path);

}  // namespace okapi
