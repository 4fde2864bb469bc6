#include "server/storage/snapshot_format.h"

#include "common/base/assert.h"
#include "common/proto/path.h"

namespace okapi {

SnapshotEncoder::SnapshotEncoder(SnapshotForm form) : form_(form) {
  if (form_ == SnapshotForm::kWire) return;
  jute::OutputArchive out(buffer_);
  out.put_int(kSnapshotMagic);
  out.put_int(kStorageVersion);
  out.put_long(kSnapshotDbid);
}

void SnapshotEncoder::make_room() {
  if (!std::exchange(drained_, false)) return;
  buffer_.clear();
  summed_ = 0;
}

void SnapshotEncoder::begin_sessions(int32_t count) {
  make_room();
  jute::OutputArchive(buffer_).put_int(count);
  due_ = count;
}

void SnapshotEncoder::session(SessionId id, int32_t timeout_ms) {
  OKAPI_ASSERT(due_ > 0);
  --due_;
  make_room();
  jute::OutputArchive out(buffer_);
  out.put_long(id.value());
  out.put_int(timeout_ms);
}

void SnapshotEncoder::begin_acls(int32_t count) {
  OKAPI_ASSERT(due_ == 0);
  make_room();
  jute::OutputArchive(buffer_).put_int(count);
  due_ = count;
}

void SnapshotEncoder::acl(int64_t id, const AclList& list) {
  OKAPI_ASSERT(due_ > 0);
  --due_;
  OKAPI_ASSERT(id != kSnapshotOpenAclId);
  make_room();
  jute::OutputArchive out(buffer_);
  out.put_long(id);
  out.put_int(static_cast<int32_t>(list.size()));
  for (const Acl& entry : list) jute::put(out, entry);
}

void SnapshotEncoder::node(ByteView path, NullableView data, int64_t acl_id,
                           const StatPersisted& stat) {
  OKAPI_ASSERT(due_ == 0);
  OKAPI_ASSERT(path != kRootPath);  // would read as the end of the nodes; the root is ""
  make_room();
  jute::OutputArchive out(buffer_);
  out.put_buffer(path);
  out.put_buffer(data);
  out.put_long(acl_id);
  jute::put(out, stat);
}

void SnapshotEncoder::end_nodes() {
  make_room();
  jute::OutputArchive out(buffer_);
  out.put_buffer(kRootPath);
  if (form_ == SnapshotForm::kWire) {
    out.put_buffer(kWireSignature);
  } else {
    seal();
  }
}

void SnapshotEncoder::digest(const SnapshotDigest& digest) {
  OKAPI_ASSERT(form_ == SnapshotForm::kFile);
  make_room();
  jute::OutputArchive out(buffer_);
  out.put_long(digest.zxid.value());
  jute::put(out, digest.digest);
  seal();
}

void SnapshotEncoder::last_zxid(Zxid zxid) {
  OKAPI_ASSERT(form_ == SnapshotForm::kFile);
  make_room();
  jute::OutputArchive(buffer_).put_long(zxid.value());
  seal();
}

ByteView SnapshotEncoder::drain() {
  make_room();
  add_to_sum();
  drained_ = true;
  return buffer_;
}

void SnapshotEncoder::add_to_sum() {
  if (form_ == SnapshotForm::kWire) return;
  sum_ = adler32(sum_, ByteView(buffer_).substr(summed_));
  summed_ = buffer_.size();
}

void SnapshotEncoder::seal() {
  add_to_sum();
  jute::OutputArchive out(buffer_);
  out.put_long(sum_);
  out.put_buffer(kRootPath);
}

}  // namespace okapi
