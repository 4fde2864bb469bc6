#include <spdlog/fmt/fmt.h>

#include "common/base/assert.h"
#include "server/storage/snapshot_parser.h"

namespace okapi {
namespace {

// Decoded bytes on their way into the parser.
class ParserSink final : public ByteSink {
 public:
  explicit ParserSink(SnapshotParser& parser) : parser_(parser) {}
  Status take(ByteView bytes) override {
    auto used = parser_.feed(bytes);
    return used.ok() ? Status() : Status(used.error());
  }

 private:
  SnapshotParser& parser_;
};

}  // namespace

struct SnapshotFileReader::State {
  State(std::unique_ptr<File> f, SnapshotCodec codec, SnapshotSink& sink, SnapshotReadOptions o)
      : file(std::move(f)),
        options(o),
        decompressor(make_decompressor(codec)),
        parser(SnapshotForm::kFile, sink, o.item_bytes_max),
        parser_sink(parser) {}

  Result<bool> step(uint64_t bytes);

  std::unique_ptr<File> file;
  SnapshotReadOptions options;
  std::unique_ptr<Decompressor> decompressor;
  SnapshotParser parser;
  ParserSink parser_sink;
  std::string buffer;
  uint64_t offset = 0;
  SnapshotTail tail;
};

SnapshotFileReader::SnapshotFileReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SnapshotFileReader::SnapshotFileReader(SnapshotFileReader&&) noexcept = default;
SnapshotFileReader& SnapshotFileReader::operator=(SnapshotFileReader&&) noexcept = default;
SnapshotFileReader::~SnapshotFileReader() = default;
const SnapshotTail& SnapshotFileReader::tail() const { return state_->tail; }
uint64_t SnapshotFileReader::nodes() const { return state_->parser.nodes(); }

Result<SnapshotFileReader> SnapshotFileReader::open(Disk& disk, const std::string& path,
                                                    SnapshotSink& sink,
                                                    SnapshotReadOptions options) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file.ok()) return file.error();
  return SnapshotFileReader(
      std::make_unique<State>(std::move(*file), codec_of_name(path), sink, options));
}

Result<bool> SnapshotFileReader::step(uint64_t bytes) {
  auto done = state_->step(bytes);
  if (done.ok()) return done;
  return Error{done.error().kind, fmt::format("{}: {}", state_->file->path(), done.error().text)};
}

Result<bool> SnapshotFileReader::State::step(uint64_t bytes) {
  for (uint64_t stop = offset + bytes; offset < stop;) {
    buffer.clear();
    OKAPI_TRY(file->read_at(offset, options.read_bytes, buffer));
    if (buffer.empty()) {
      OKAPI_TRY(decompressor->finish(parser_sink));
      auto end = parser.finish();
      if (!end.ok()) return end.error();
      tail = *end;
      return true;
    }
    offset += buffer.size();
    OKAPI_TRY(decompressor->put(buffer, parser_sink));
  }
  return false;
}

Result<SnapshotTail> read_snapshot(Disk& disk, const std::string& path, SnapshotSink& sink,
                                   SnapshotReadOptions options) {
  auto reader = SnapshotFileReader::open(disk, path, sink, options);
  if (!reader.ok()) return reader.error();
  auto done = reader->step(UINT64_MAX / 2);
  if (!done.ok()) return done.error();
  OKAPI_ASSERT(*done);
  return reader->tail();
}

Result<bool> looks_complete(Disk& disk, const std::string& path) {
  constexpr size_t kHeadBytes = 16;
  constexpr size_t kTailBytes = 5;
  auto file = disk.open(path, OpenMode::kRead);
  if (!file.ok()) return file.error();
  auto bytes = (*file)->size();
  if (!bytes.ok()) return bytes.error();
  std::string head, tail;
  OKAPI_TRY((*file)->read_at(0, kHeadBytes, head));
  OKAPI_TRY((*file)->read_at(*bytes - std::min<uint64_t>(*bytes, kTailBytes), kTailBytes, tail));
  return quick_check(codec_of_name(path), *bytes, head, tail);
}

}  // namespace okapi
