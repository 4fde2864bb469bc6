#include "server/storage/snapshot_parser.h"

#include <catch2/catch.hpp>

#include "server/storage/log_files.h"
#include "server/storage/snapshot_writer.h"
#include "tests/support/storage_world.h"

using namespace okapi;

namespace {

constexpr uint32_t kItemMax = kDefaultRecordBytesMax;

// Writes what it is given into an encoder, and counts.
class Copier final : public SnapshotSink {
 public:
  struct Item {
    char kind;
    std::string bytes;
    friend bool operator==(const Item&, const Item&) = default;
  };
  Status on_session(SessionId id, int32_t timeout_ms) override {
    items.push_back({'s', std::to_string(id.value()) + " " + std::to_string(timeout_ms)});
    sessions.emplace_back(id, timeout_ms);
    return {};
  }
  Status on_acl(int64_t id, const jute::Vector<AclView>& acl) override {
    AclList list;
    for (const AclView& entry : acl.items) {
      list.push_back({entry.perms, std::string(entry.scheme.value_or("")),
                      std::string(entry.id.value_or(""))});
    }
    std::string bytes;
    jute::OutputArchive out(bytes);
    jute::put(out, acl);
    items.push_back({'a', std::to_string(id) + bytes});
    acls.emplace_back(id, list);
    return {};
  }
  Status on_node(ByteView path, NullableView data, int64_t acl_id,
                 const StatPersisted& stat) override {
    std::string bytes;
    jute::OutputArchive out(bytes);
    out.put_buffer(path);
    out.put_buffer(data);
    out.put_long(acl_id);
    jute::put(out, stat);
    items.push_back({'n', bytes});
    ++nodes;
    return {};
  }
  std::vector<Item> items;
  std::vector<std::pair<SessionId, int32_t>> sessions;
  std::vector<std::pair<int64_t, AclList>> acls;
  int nodes = 0;
};

struct Parsed {
  Copier copy;
  SnapshotTail tail;
  std::optional<Error> error;
};

Parsed parse(ByteView bytes, size_t piece) {
  Parsed out;
  SnapshotParser parser(SnapshotForm::kFile, out.copy, kItemMax);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    auto used = parser.feed(bytes.substr(at, piece));
    if (!used.ok()) {
      out.error = used.error();
      return out;
    }
  }
  auto tail = parser.finish();
  if (tail.ok()) {
    out.tail = *tail;
  } else {
    out.error = tail.error();
  }
  return out;
}

// Encodes again what was parsed.
std::string encode_again(const Parsed& parsed, SnapshotForm form = SnapshotForm::kFile) {
  SnapshotEncoder encoder(form);
  encoder.begin_sessions(static_cast<int32_t>(parsed.copy.sessions.size()));
  for (const auto& [id, timeout_ms] : parsed.copy.sessions) encoder.session(id, timeout_ms);
  encoder.begin_acls(static_cast<int32_t>(parsed.copy.acls.size()));
  for (const auto& [id, list] : parsed.copy.acls) encoder.acl(id, list);
  std::string out;
  for (const Copier::Item& item : parsed.copy.items) {
    if (item.kind != 'n') continue;
    jute::InputArchive in(item.bytes);
    ByteView path = *in.get_buffer();
    NullableView data = in.get_buffer();
    int64_t acl_id = in.get_long();
    StatPersisted stat;
    get(in, stat);
    encoder.node(path, data, acl_id, stat);
    if (encoder.buffered() > 1000) out += encoder.drain();
  }
  encoder.end_nodes();
  if (parsed.tail.digest) encoder.digest(*parsed.tail.digest);
  if (parsed.tail.last_zxid) encoder.last_zxid(*parsed.tail.last_zxid);
  out += encoder.drain();
  return out;
}

std::string small_snapshot() { return read_file(fixture("from-3.9.5/fresh/version-2/snapshot.0")); }

}  // namespace

TEST_CASE("fixture snapshots parse, in pieces of any size, and encode to the same bytes") {
  struct Row {
    const char* name;
    int nodes;
    size_t sessions, acls;
    int64_t digest_zxid, digest;
  };
  for (Row row : {Row{"standalone/version-2/snapshot.0", 4, 0, 1, 0, 0},
                  Row{"standalone/version-2/snapshot.13", 17, 1, 2, 0x13, 0x623f35db4},
                  Row{"standalone/version-2/snapshot.1c", 22, 1, 2, 0x1c, 0x7428c4ac9},
                  Row{"standalone/version-2/snapshot.2f", 39, 1, 7, 0x2f, 0x100519a01a},
                  Row{"standalone/version-2/snapshot.40", 53, 1, 7, 0x40, 0x14fff770d3},
                  Row{"standalone/version-2/snapshot.57", 74, 1, 7, 0x57, 0x1fbc3e9acc},
                  Row{"standalone/version-2/snapshot.6c", 74, 3, 7, 0x6d, 0x215bcbabf0},
                  Row{"standalone/version-2/snapshot.72", 76, 2, 7, 0x72, 0x216dac54c4},
                  Row{"from-3.9.5/fresh/version-2/snapshot.0", 4, 0, 1, 0, 0}}) {
    INFO(row.name);
    std::string bytes = read_file(fixture(row.name));
    REQUIRE_FALSE(bytes.empty());
    Parsed whole = parse(bytes, bytes.size());
    REQUIRE_FALSE(whole.error.has_value());
    CHECK(whole.copy.nodes == row.nodes);
    CHECK(whole.copy.sessions.size() == row.sessions);
    CHECK(whole.copy.acls.size() == row.acls);
    REQUIRE(whole.tail.digest.has_value());
    CHECK(whole.tail.digest->zxid == Zxid(row.digest_zxid));
    CHECK(whole.tail.digest->digest.tree_digest == row.digest);
    CHECK((encode_again(whole) == bytes));
    for (size_t piece : {1, 3, 64, 1000, 4096}) {
      if (piece < 64 && bytes.size() > 100'000) continue;
      Parsed pieces = parse(bytes, piece);
      CHECK_FALSE(pieces.error.has_value());
      CHECK((pieces.copy.items == whole.copy.items));
    }
  }
  CHECK(parse(small_snapshot(), 100).tail.last_zxid == Zxid(0));
}

TEST_CASE("the wire form is parsed up to its signature and no further") {
  Parsed file = parse(read_file(fixture("standalone/version-2/snapshot.57")), 4096);
  std::string wire = encode_again({file.copy, {}, {}}, SnapshotForm::kWire);
  CHECK(wire.ends_with(std::string("\0\0\0\x01/\0\0\0\x0a", 9) + "BenWasHere"));
  std::string stream = wire + "the packets that follow";
  for (size_t piece : {size_t{1}, size_t{7}, size_t{600}, stream.size()}) {
    Copier copy;
    SnapshotParser parser(SnapshotForm::kWire, copy, kItemMax);
    size_t taken = 0;
    while (!parser.done()) {
      REQUIRE(taken < stream.size());
      auto used = parser.feed(ByteView(stream).substr(taken, piece));
      REQUIRE(used.ok());
      taken += *used;
    }
    CHECK(taken == wire.size());
    CHECK((copy.items == file.copy.items));
  }
  std::string bad = wire;
  bad.back() = 'x';
  Copier copy;
  SnapshotParser parser(SnapshotForm::kWire, copy, kItemMax);
  CHECK_FALSE(parser.feed(bad).ok());
}

TEST_CASE("x_dat_01, f_dsk_06: every damaged byte and every cut of a snapshot is detected") {
  for (const char* name :
       {"from-3.9.5/fresh/version-2/snapshot.0", "standalone/version-2/snapshot.13"}) {
    std::string good = read_file(fixture(name));
    Parsed expected = parse(good, good.size());
    auto harmless = [&](const std::string& bytes) {
      Parsed found = parse(bytes, bytes.size());
      return found.error.has_value() || (found.copy.items == expected.copy.items);
    };
    for (size_t at = 0; at < good.size(); ++at) {
      for (int change = 0; change < 10; ++change) {
        std::string bad = good;
        bad[at] = change == 8   ? '\0'
                  : change == 9 ? '\xff'
                                : static_cast<char>(bad[at] ^ (1 << change));
        if (bad == good) continue;
        INFO(name << " offset " << at << " change " << change);
        CHECK((parse(bad, bad.size()).error.has_value()));
      }
    }
    for (size_t size = 0; size < good.size(); ++size) {
      INFO(name << " cut at " << size);
      CHECK(harmless(good.substr(0, size)));
    }
    CHECK(parse(good + "x", 4096).error.has_value());
    CHECK(parse(good + std::string(5000, 'x'), 4096).error.has_value());
  }
}

TEST_CASE("x_dat_03: counts and lengths that the bytes do not bear out") {
  std::string good = small_snapshot();
  auto patched = [&](size_t at, int32_t value) {
    std::string bad = good;
    jute::OutputArchive(bad).patch_int(at, value);
    return parse(bad, bad.size()).error.has_value();
  };
  CHECK(patched(0x10, 1'000'000'000));  // sessions
  CHECK(patched(0x14, 1'000'000'000));  // ACLs
  CHECK(patched(0x20, 1'000'000'000));  // entries of one ACL
  CHECK(patched(0x3f, -2));             // data of the root
  CHECK(patched(0x3f, INT32_MAX));
  CHECK(patched(0x87, INT32_MAX));  // path
  CHECK(patched(0x87, -1));
}

TEST_CASE("gz and snappy files of the reference hold the same tree") {
  PosixDisk disk;
  std::vector<std::vector<Copier::Item>> trees;
  for (const char* name : {"gz/version-2/snapshot.79.gz", "snappy/version-2/snapshot.79.snappy",
                           "from-3.9.5/gz/version-2/snapshot.79.gz"}) {
    INFO(name);
    CHECK(*looks_complete(disk, fixture(name)));
    Copier copy;
    auto tail = read_snapshot(disk, fixture(name), copy);
    REQUIRE(tail.ok());
    CHECK(copy.nodes == 77);
    CHECK(tail->last_zxid.has_value() == (std::string(name).find("3.9.5") != std::string::npos));
    if (tail->digest && tail->digest->zxid == Zxid(0x79)) {
      CHECK(tail->digest->digest.tree_digest == 0x21f12362b9);
    }
    auto& items = copy.items;
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    trees.push_back(items);
  }
  CHECK((trees[0] == trees[1]));
}

TEST_CASE("what the writer writes, in every codec, is read back; x_dat_04") {
  Parsed source = parse(read_file(fixture("standalone/version-2/snapshot.72")), 65536);
  for (SnapshotCodec codec :
       {SnapshotCodec::kPlain, SnapshotCodec::kGzip, SnapshotCodec::kSnappy}) {
    ImageDisk disk;
    disk.put("/d/x", "");
    {
      auto writer = SnapshotWriter::create(
          disk, {.directory = "/d", .zxid = Zxid(0x72), .codec = codec, .write_bytes = 10'000});
      REQUIRE(writer.ok());
      SnapshotEncoder& encoder = writer->encoder();
      encoder.begin_sessions(0);
      encoder.begin_acls(0);
      for (const Copier::Item& item : source.copy.items) {
        if (item.kind != 'n') continue;
        jute::InputArchive in(item.bytes);
        ByteView path = *in.get_buffer();
        NullableView data = in.get_buffer();
        int64_t acl_id = in.get_long();
        StatPersisted stat;
        get(in, stat);
        encoder.node(path, data, acl_id, stat);
        REQUIRE(writer->flush().ok());
      }
      encoder.end_nodes();
      encoder.digest(*source.tail.digest);
      encoder.last_zxid(Zxid(0x72));
      REQUIRE(writer->finish().ok());
      CHECK(list_snapshots(disk, "/d")->empty());
      REQUIRE(writer->publish().ok());
    }
    std::string path = "/d/" + snapshot_name(Zxid(0x72), codec);
    CHECK(*looks_complete(disk, path));
    Copier copy;
    auto tail = read_snapshot(disk, path, copy, {.read_bytes = 777});
    REQUIRE(tail.ok());
    CHECK(tail->last_zxid == Zxid(0x72));
    CHECK(copy.nodes == source.copy.nodes);

    std::string good = disk.content(path);
    for (size_t cut = 1; cut < good.size(); cut += 1 + good.size() / 40) {
      disk.put(path, good.substr(0, good.size() - cut));
      Copier ignored;
      bool valid = read_snapshot(disk, path, ignored).ok();
      // Cutting off whole sections leaves a shorter valid file.
      CHECK((!valid || codec == SnapshotCodec::kPlain));
    }
    if (codec != SnapshotCodec::kPlain) {
      disk.put(path, good + "junk");
      Copier ignored;
      CHECK_FALSE(read_snapshot(disk, path, ignored).ok());
    }
  }
}

TEST_CASE("inv_c9, f_dsk_03: a snapshot has its name only when it is whole and synced") {
  for (uint64_t crash = 0; crash < 12; ++crash) {
    Rng dice(crash);
    ImageDisk disk;
    disk.put("/d/x", "");
    disk.crash_after(crash);
    {
      auto writer =
          SnapshotWriter::create(disk, {.directory = "/d", .zxid = Zxid(5), .write_bytes = 64});
      bool ok = writer.ok();
      if (ok) {
        SnapshotEncoder& encoder = writer->encoder();
        encoder.begin_sessions(0);
        encoder.begin_acls(0);
        for (const char* path : {"", "/zookeeper", "/a"}) {
          encoder.node(path, std::string(300, 'd'), kSnapshotOpenAclId, {});
          ok = ok && writer->flush().ok();
        }
        encoder.end_nodes();
        if (ok && writer->finish().ok()) (void)writer->publish().ok();
      }
    }
    disk.restart(ImageDisk::Crash::kPower, dice);
    auto snapshots = list_snapshots(disk, "/d");
    for (const StoredFile& file : *snapshots) {
      Copier copy;
      CHECK(read_snapshot(disk, join_path("/d", file.name), copy).ok());
      CHECK(copy.nodes == 3);
    }
  }
  // Without a crash a failed one leaves nothing.
  ImageDisk disk;
  disk.put("/d/x", "");
  {
    auto writer = SnapshotWriter::create(disk, {.directory = "/d", .zxid = Zxid(5)});
    REQUIRE(writer.ok());
  }
  CHECK(disk.files() == std::vector<std::string>{"/d/x"});
}
