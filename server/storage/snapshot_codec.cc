#include "server/storage/snapshot_codec.h"

#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>

#include "common/jute/input_archive.h"
#include "common/jute/output_archive.h"

namespace okapi {
namespace {

constexpr size_t kInflateBytes = 128 * 1024;
// snappy-java's stream: magic, version, lowest compatible version, then blocks of 32 KiB.
constexpr ByteView kSnappyMagic{"\x82SNAPPY\0", 8};
constexpr size_t kSnappyHeaderBytes = 16;
constexpr size_t kSnappyBlockBytes = 32 * 1024;
// Longest block that a reader takes; other writers of the format may have chosen larger ones.
constexpr size_t kSnappyBlockBytesMax = 8 * 1024 * 1024;
constexpr ByteView kPlainEnd{"\0\0\0\1/", 5};
constexpr size_t kPlainBytesMin = 10;

Error corrupt(const char* what) { return {ErrorKind::kCorrupt, what}; }
Error truncated(const char* what) { return {ErrorKind::kTruncated, what}; }

class PlainCompressor final : public Compressor {
 public:
  Status put(ByteView bytes, std::string& out) override {
    out.append(bytes);
    return {};
  }
  Status finish(std::string&) override { return {}; }
};

class PlainDecompressor final : public Decompressor {
 public:
  Status put(ByteView bytes, ByteSink& out) override { return out.take(bytes); }
  Status finish(ByteSink&) override { return {}; }
};

Bytef* zlib_bytes(const char* bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));  // zlib does not write through next_in
}

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() {
    constexpr int kGzipWindow = 15 + 16;
    ready_ = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) ==
             Z_OK;
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }
  Status put(ByteView bytes, std::string& out) override { return run(bytes, Z_NO_FLUSH, out); }
  Status finish(std::string& out) override { return run({}, Z_FINISH, out); }

 private:
  Status run(ByteView bytes, int flush, std::string& out) {
    if (!ready_) return Error{ErrorKind::kIo, "gzip: no memory"};
    stream_.next_in = zlib_bytes(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      size_t begin = out.size();
      out.resize(begin + kInflateBytes);
      stream_.next_out = zlib_bytes(out.data() + begin);
      stream_.avail_out = kInflateBytes;
      int result = deflate(&stream_, flush);
      out.resize(begin + kInflateBytes - stream_.avail_out);
      if (result == Z_STREAM_ERROR) return Error{ErrorKind::kIo, "gzip: stream error"};
      if (result == Z_STREAM_END) break;
    } while (stream_.avail_out == 0);
    return {};
  }

  z_stream stream_{};
  bool ready_ = false;
};

class GzipDecompressor final : public Decompressor {
 public:
  GzipDecompressor() {
    constexpr int kGzipWindow = 15 + 16;
    ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK;
    buffer_.resize(kInflateBytes);
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }

  Status put(ByteView bytes, ByteSink& out) override {
    if (!ready_) return Error{ErrorKind::kIo, "gzip: no memory"};
    stream_.next_in = zlib_bytes(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    bool full = true;
    while (stream_.avail_in > 0 || (full && !ended_)) {
      if (ended_) return corrupt("gzip: bytes after the end");
      stream_.next_out = zlib_bytes(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      int result = inflate(&stream_, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return corrupt("gzip: damaged");
      }
      full = stream_.avail_out == 0;
      ended_ = result == Z_STREAM_END;
      OKAPI_TRY(out.take(ByteView(buffer_).substr(0, buffer_.size() - stream_.avail_out)));
    }
    return {};
  }
  Status finish(ByteSink&) override { return ended_ ? Status() : truncated("gzip: cut short"); }

 private:
  z_stream stream_{};
  std::string buffer_;
  bool ready_ = false;
  bool ended_ = false;
};

class SnappyCompressor final : public Compressor {
 public:
  Status put(ByteView bytes, std::string& out) override {
    begin(out);
    while (!bytes.empty()) {
      size_t take = std::min(bytes.size(), kSnappyBlockBytes - block_.size());
      block_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      if (block_.size() == kSnappyBlockBytes) write_block(out);
    }
    return {};
  }
  Status finish(std::string& out) override {
    begin(out);
    if (!block_.empty()) write_block(out);
    return {};
  }

 private:
  void begin(std::string& out) {
    if (begun_) return;
    begun_ = true;
    jute::OutputArchive archive(out);
    archive.put_raw(kSnappyMagic);
    archive.put_int(1);
    archive.put_int(1);
  }
  void write_block(std::string& out) {
    packed_.resize(snappy::MaxCompressedLength(block_.size()));
    size_t bytes = 0;
    snappy::RawCompress(block_.data(), block_.size(), packed_.data(), &bytes);
    jute::OutputArchive archive(out);
    archive.put_buffer(ByteView(packed_).substr(0, bytes));
    block_.clear();
  }

  bool begun_ = false;
  std::string block_, packed_;
};

class SnappyDecompressor final : public Decompressor {
 public:
  Status put(ByteView bytes, ByteSink& out) override {
    carry_.append(bytes);
    ByteView in(carry_);
    while (true) {
      size_t before = in.size();
      OKAPI_TRY(take_one(in, out));
      if (in.size() == before) break;
    }
    carry_.erase(0, carry_.size() - in.size());
    return {};
  }
  Status finish(ByteSink&) override {
    return carry_.empty() && begun_ ? Status() : truncated("snappy: cut short");
  }

 private:
  // Takes a header or a block from the front of `in`, or nothing if it is not all there.
  Status take_one(ByteView& in, ByteSink& out) {
    if (in.size() < 4) return {};
    if (!begun_ || in.substr(0, 4) == kSnappyMagic.substr(0, 4)) {
      if (in.size() < kSnappyHeaderBytes) return {};
      if (!in.starts_with(kSnappyMagic)) return corrupt("snappy: bad magic");
      in.remove_prefix(kSnappyHeaderBytes);
      begun_ = true;
      return {};
    }
    int32_t packed = jute::InputArchive(in).get_int();
    if (packed <= 0 || static_cast<size_t>(packed) > kSnappyBlockBytesMax) {
      return corrupt("snappy: unreasonable block length");
    }
    auto bytes = static_cast<size_t>(packed);
    if (in.size() < 4 + bytes) return {};
    size_t plain = 0;
    if (!snappy::GetUncompressedLength(in.data() + 4, bytes, &plain) ||
        plain > kSnappyBlockBytesMax) {
      return corrupt("snappy: unreasonable block length");
    }
    plain_.resize(plain);
    if (!snappy::RawUncompress(in.data() + 4, bytes, plain_.data())) {
      return corrupt("snappy: damaged block");
    }
    in.remove_prefix(4 + bytes);
    return out.take(plain_);
  }

  bool begun_ = false;
  std::string carry_, plain_;
};

}  // namespace

SnapshotCodec codec_of_name(ByteView name) {
  size_t dot = name.rfind('.');
  std::string extension(dot == ByteView::npos ? ByteView() : name.substr(dot));
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (extension == ".gz") return SnapshotCodec::kGzip;
  if (extension == ".snappy") return SnapshotCodec::kSnappy;
  return SnapshotCodec::kPlain;
}

ByteView extension_of(SnapshotCodec codec) {
  switch (codec) {
    case SnapshotCodec::kPlain:
      return "";
    case SnapshotCodec::kGzip:
      return ".gz";
    case SnapshotCodec::kSnappy:
      return ".snappy";
  }
  return "";
}

bool quick_check(SnapshotCodec codec, uint64_t bytes, ByteView head, ByteView tail) {
  switch (codec) {
    case SnapshotCodec::kPlain:
      return bytes >= kPlainBytesMin && tail == kPlainEnd;
    case SnapshotCodec::kGzip:
      return head.starts_with("\x1f\x8b");
    case SnapshotCodec::kSnappy:
      return head.starts_with(kSnappyMagic);
  }
  return false;
}

std::unique_ptr<Compressor> make_compressor(SnapshotCodec codec) {
  switch (codec) {
    case SnapshotCodec::kPlain:
      return std::make_unique<PlainCompressor>();
    case SnapshotCodec::kGzip:
      return std::make_unique<GzipCompressor>();
    case SnapshotCodec::kSnappy:
      return std::make_unique<SnappyCompressor>();
  }
  return nullptr;
}

std::unique_ptr<Decompressor> make_decompressor(SnapshotCodec codec) {
  switch (codec) {
    case SnapshotCodec::kPlain:
      return std::make_unique<PlainDecompressor>();
    case SnapshotCodec::kGzip:
      return std::make_unique<GzipDecompressor>();
    case SnapshotCodec::kSnappy:
      return std::make_unique<SnappyDecompressor>();
  }
  return nullptr;
}

}  // namespace okapi
