#include "server/storage/snapshot_parser.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/base/assert.h"
#include "common/proto/path.h"

namespace okapi {
namespace {

constexpr size_t kSealBytes = 8 + 4 + 1;
constexpr size_t kDigestBytes = 8 + kTxnDigestBytes;
constexpr size_t kLastZxidBytes = 8;
constexpr size_t kStatBytes = 60;
// Whatever stands behind the nodes of a valid file is shorter.
constexpr size_t kTailBytesMax = 4096;
// Added at once to an item of unknown length.
constexpr size_t kCarryStepBytes = 512;

}  // namespace

SnapshotParser::SnapshotParser(SnapshotForm form, SnapshotSink& sink, uint32_t item_bytes_max)
    : form_(form),
      sink_(&sink),
      item_bytes_max_(item_bytes_max),
      part_(form == SnapshotForm::kFile ? Part::kHeader : Part::kSessionCount) {}

Result<size_t> SnapshotParser::feed(ByteView bytes) {
  size_t taken = 0;
  // Completes the started item first, then parses the rest in place.
  while (!done() && !carry_.empty()) {
    if (taken == bytes.size()) return taken;
    size_t missing = std::max(need_, carry_.size() + kCarryStepBytes) - carry_.size();
    size_t more = std::min(bytes.size() - taken, missing);
    carry_.append(bytes.substr(taken, more));
    taken += more;
    if (carry_.size() < need_) continue;
    auto used = parse(carry_);
    if (!used.ok()) return used.error();
    carry_.erase(0, *used);
  }
  if (!done()) {
    auto used = parse(bytes.substr(taken));
    if (!used.ok()) return used.error();
    taken += *used;
  }
  if (done() && form_ == SnapshotForm::kWire) {
    taken -= carry_.size();  // read too far
    carry_.clear();
    return taken;
  }
  carry_.append(bytes.substr(taken));
  if (done() && carry_.size() > kTailBytesMax) return corrupt("bytes after the end");
  return bytes.size();
}

Error SnapshotParser::corrupt(ByteView why) const {
  return {ErrorKind::kCorrupt, fmt::format("snapshot is damaged at offset {}: {}", offset_, why)};
}

Result<size_t> SnapshotParser::parse(ByteView in) {
  size_t used = 0;
  size_t summed = 0;
  Status result;
  while (!done()) {
    ByteView rest = in.substr(used);
    need_ = 0;
    if (part_ == Part::kSeal) {
      // The seal covers all before it, not itself; the next one covers both.
      sum_ = adler32(sum_, in.substr(summed, used - summed));
      summed = used;
    }
    size_t item = 0;
    result = take_item(rest, item);
    if (!result.ok() || item == 0) break;
    used += item;
    offset_ += item;
  }
  if (form_ == SnapshotForm::kFile) sum_ = adler32(sum_, in.substr(summed, used - summed));
  if (!result.ok()) return result.error();
  return used;
}

// Parses the item at the front of `in` if it is all there. `bytes` is its length, or 0: then need_
// says how many bytes it takes at least.
Status SnapshotParser::take_item(ByteView in, size_t& bytes) {
  if (part_ == Part::kNode) return take_node(in, bytes);
  jute::InputArchive archive(in);
  switch (part_) {
    case Part::kHeader:
      OKAPI_TRY(header(archive));
      break;
    case Part::kSessionCount:
    case Part::kAclCount:
      count(archive);
      break;
    case Part::kSession: {
      SessionId id(archive.get_long());
      int32_t timeout_ms = archive.get_int();
      if (!archive.ok()) break;
      OKAPI_TRY(sink_->on_session(id, timeout_ms));
      if (--left_ == 0) part_ = Part::kAclCount;
      break;
    }
    case Part::kAcl:
      OKAPI_TRY(acl(archive));
      break;
    case Part::kSeal:
      OKAPI_TRY(seal(archive, sum_));
      break;
    case Part::kSignature: {
      NullableView text = archive.get_buffer();
      if (in.size() >= 4 && archive.ok() && text != kWireSignature) {
        return corrupt("wrong signature");
      }
      if (in.size() > 4 + kWireSignature.size() && !archive.ok()) return corrupt("wrong signature");
      if (archive.ok()) part_ = Part::kTail;
      break;
    }
    case Part::kNode:
    case Part::kTail:
      break;
  }
  if (archive.ok()) {
    bytes = archive.position();
  } else {
    need_ = in.size() + 1;
    if (in.size() > item_bytes_max_) return corrupt("unreasonable length");
  }
  return {};
}

Status SnapshotParser::header(jute::InputArchive& in) {
  int32_t magic = in.get_int();
  in.get_int();  // Compat: version and database id are not looked at
  in.get_long();
  if (!in.ok()) return {};
  if (magic != kSnapshotMagic) return corrupt("wrong magic number");
  part_ = Part::kSessionCount;
  return {};
}

void SnapshotParser::count(jute::InputArchive& in) {
  int32_t entries = in.get_int();
  if (!in.ok()) return;
  bool sessions = part_ == Part::kSessionCount;
  left_ = std::max(entries, 0);
  if (left_ > 0) {
    part_ = sessions ? Part::kSession : Part::kAcl;
  } else {
    part_ = sessions ? Part::kAclCount : Part::kNode;
  }
}

Status SnapshotParser::acl(jute::InputArchive& in) {
  int64_t id = in.get_long();
  jute::Vector<AclView> list;
  get(in, list);
  if (!in.ok()) return {};
  if (list.null) return corrupt("ACL list is null");
  OKAPI_TRY(sink_->on_acl(id, list));
  if (--left_ == 0) part_ = Part::kNode;
  return {};
}

// The one hot item: looked at by hand, so that a node that is not all there costs nothing.
Status SnapshotParser::take_node(ByteView in, size_t& bytes) {
  jute::InputArchive archive(in);
  int32_t path_bytes = archive.get_int();
  if (!archive.ok()) {
    need_ = 4;
    return {};
  }
  if (path_bytes < 0 || static_cast<uint32_t>(path_bytes) > item_bytes_max_) {
    return corrupt("unreasonable length of a path");
  }
  size_t data_at = 4 + static_cast<size_t>(path_bytes);
  need_ = data_at;
  if (in.size() < data_at) return {};
  ByteView path = in.substr(4, static_cast<size_t>(path_bytes));
  if (path == kRootPath) {
    part_ = form_ == SnapshotForm::kFile ? Part::kSeal : Part::kSignature;
    bytes = data_at;
    return {};
  }
  need_ = data_at + 4;
  if (in.size() < need_) return {};
  int32_t data_bytes = jute::InputArchive(in.substr(data_at)).get_int();
  if (data_bytes < -1 || (data_bytes > 0 && static_cast<uint32_t>(data_bytes) > item_bytes_max_)) {
    return corrupt("unreasonable length of data");
  }
  need_ = data_at + 4 + static_cast<size_t>(std::max(data_bytes, 0)) + 8 + kStatBytes;
  if (in.size() < need_) return {};
  jute::InputArchive body(in.substr(data_at, need_ - data_at));
  NullableView data = body.get_buffer();
  int64_t acl_id = body.get_long();
  StatPersisted stat;
  get(body, stat);
  OKAPI_ASSERT(body.ok() && body.rest().empty());
  OKAPI_TRY(sink_->on_node(path, data, acl_id, stat));
  ++nodes_;
  bytes = need_;
  return {};
}

Status SnapshotParser::seal(jute::InputArchive& in, uint32_t sum) {
  int64_t value = in.get_long();
  NullableView mark = in.get_buffer();
  if (in.position() >= 8 && value != static_cast<int64_t>(sum)) return corrupt("CRC corruption");
  if (!in.ok()) return {};
  if (mark != kRootPath) return corrupt("CRC corruption");
  part_ = Part::kTail;
  return {};
}

Result<SnapshotTail> SnapshotParser::finish() {
  OKAPI_ASSERT(form_ == SnapshotForm::kFile);
  if (!done()) {
    return Error{ErrorKind::kTruncated,
                 fmt::format("snapshot ends early, at offset {}", offset_ + carry_.size())};
  }
  SnapshotTail out;
  OKAPI_TRY(check_tail(carry_, out));
  return out;
}

// The sections behind the nodes bear no tag and the reference decides by its own settings; their
// lengths tell them apart (storage spec 4.1).
Status SnapshotParser::check_tail(ByteView tail, SnapshotTail& out) {
  constexpr size_t kDigestSection = kDigestBytes + kSealBytes;
  constexpr size_t kLastZxidSection = kLastZxidBytes + kSealBytes;
  size_t left = tail.size();
  bool has_digest = left == kDigestSection || left == kDigestSection + kLastZxidSection;
  bool has_last_zxid = left == kLastZxidSection || left == kDigestSection + kLastZxidSection;
  if (left != 0 && !has_digest && !has_last_zxid) return corrupt("bytes after the end");
  auto check_seal = [&](size_t bytes) -> Status {
    sum_ = adler32(sum_, tail.substr(0, bytes));
    jute::InputArchive in(tail.substr(bytes));
    OKAPI_TRY(seal(in, sum_));
    if (!in.ok()) return corrupt("CRC corruption");
    sum_ = adler32(sum_, tail.substr(bytes, kSealBytes));
    tail.remove_prefix(bytes + kSealBytes);
    return {};
  };
  if (has_digest) {
    jute::InputArchive in(tail);
    SnapshotDigest digest;
    digest.zxid = Zxid(in.get_long());
    get(in, digest.digest);
    out.digest = digest;
    OKAPI_TRY(check_seal(kDigestBytes));
  }
  if (has_last_zxid) {
    out.last_zxid = Zxid(jute::InputArchive(tail).get_long());
    OKAPI_TRY(check_seal(kLastZxidBytes));
  }
  return {};
}

}  // namespace okapi
