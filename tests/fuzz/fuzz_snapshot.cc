// Any bytes as a snapshot, from a file in each codec or from a leader's stream, cut into pieces,
// into a tree. First byte: form, codec and length of the pieces.
#include <cstddef>
#include <cstdint>

#include "common/base/assert.h"
#include "server/database/snapshot_loader.h"
#include "server/storage/snapshot_parser.h"

using namespace okapi;

namespace {

class ParserSink final : public ByteSink {
 public:
  explicit ParserSink(SnapshotParser& parser) : parser_(parser) {}
  Status take(ByteView bytes) override {
    // The seals keep a fuzzer out, but a zip bomb needs none.
    constexpr size_t kBytesMax = 64 << 20;
    taken_ += bytes.size();
    if (taken_ > kBytesMax) return Error{ErrorKind::kInvalid, "enough"};
    auto used = parser_.feed(bytes);
    return used.ok() ? Status() : Status(used.error());
  }

 private:
  SnapshotParser& parser_;
  size_t taken_ = 0;
};

Status parse_file(ByteView in, size_t piece, SnapshotCodec codec, SnapshotParser& parser) {
  auto decompressor = make_decompressor(codec);
  ParserSink sink(parser);
  for (; !in.empty(); in.remove_prefix(std::min(piece, in.size()))) {
    OKAPI_TRY(decompressor->put(in.substr(0, piece), sink));
  }
  OKAPI_TRY(decompressor->finish(sink));
  auto tail = parser.finish();
  return tail.ok() ? Status() : Status(tail.error());
}

Status parse_wire(ByteView in, size_t piece, SnapshotParser& parser) {
  while (!in.empty() && !parser.done()) {
    auto used = parser.feed(in.substr(0, piece));
    if (!used.ok()) return used.error();
    OKAPI_ASSERT(*used <= std::min(piece, in.size()));
    OKAPI_ASSERT(parser.done() || *used == std::min(piece, in.size()));
    in.remove_prefix(*used);
  }
  return parser.done() ? Status() : Status(Error{ErrorKind::kTruncated, "wire"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  uint8_t choice = bytes[0];
  ByteView in(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  size_t piece = size_t{1} << (choice >> 4);
  ZkDatabase database({}, 1);
  DataTree& tree = database.tree();
  TreeWriter writer = tree.take_writer();
  SnapshotLoader sink(database, writer);
  bool wire = (choice & 3) == 3;
  SnapshotParser parser(wire ? SnapshotForm::kWire : SnapshotForm::kFile, sink, 1 << 20);
  Status parsed = wire ? parse_wire(in, piece, parser)
                       : parse_file(in, piece, static_cast<SnapshotCodec>(choice & 3), parser);
  if (parsed.ok() && sink.finish().ok()) OKAPI_ASSERT(tree.digest() == tree.recompute_digest());
  return 0;
}
