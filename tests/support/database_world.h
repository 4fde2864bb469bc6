// What database tests share: a server's state over an in-memory disk, recovered and compared.
#pragma once

#include <map>

#include "server/database/recovery.h"
#include "server/storage/log_files.h"
#include "server/storage/txn_log_writer.h"
#include "server/tree/tree_cursor.h"
#include "tests/support/storage_world.h"

namespace okapi {

inline constexpr char kVersionDir[] = "/d/version-2";

// One start of a server's storage: data directory, recovery.
class DatabaseWorld {
 public:
  explicit DatabaseWorld(Disk& disk, TreeOptions tree = {.extended_types = true})
      : disk_(disk), database_(tree, 500), writer_(database_.tree().take_writer()) {}

  Result<Recovered> start(RecoveryOptions options = {}, const std::string& root = "/d") {
    auto data =
        DataDir::open(world.over(disk_), {.data_dir = root, .data_log_dir = root, .pid = "1"});
    if (!data.ok()) return data.error();
    data_.emplace(std::move(*data));
    options.snapshot.directory = data_->snapshots();
    return recover(world.over(disk_), *data_, database_, writer_, options);
  }
  void apply(const EncodedTxn& encoded) {
    auto txn = decode_txn(encoded.bytes.view());
    Applied applied = database_.apply(writer_, *txn, encoded, ApplyMode::kLive);
    database_.tree().set_last_applied(encoded.zxid);
  }

  ZkDatabase& database() { return database_; }
  TreeWriter& writer() { return writer_; }
  DataDir& data() { return *data_; }
  StorageContext context() { return world.over(disk_); }

  // Everything about the state, node by node, for comparing.
  std::map<std::string, std::string> dump() {
    std::map<std::string, std::string> out;
    TreeCursor cursor(database_.tree(), Zxid(INT64_MAX));
    bool more = true;
    while (more) {
      more = cursor.next_slice(100, [&](ByteView path, const NodeView& node) {
        std::string& bytes = out[std::string(path)];
        jute::OutputArchive to(bytes);
        to.put_buffer(node.data());
        jute::put(to, node.stored_stat());
        for (const Acl& acl : node.acl().list()) jute::put(to, acl);
      });
    }
    for (const SessionEntry& entry : database_.sessions().all()) {
      out["session " + std::to_string(entry.session.value())] = std::to_string(entry.timeout_ms);
    }
    return out;
  }

  StorageWorld world;

 private:
  Disk& disk_;
  ZkDatabase database_;
  TreeWriter writer_;
  std::optional<DataDir> data_;
};

// Copies a fixture's version-2 directory onto the disk.
inline void put_fixture(ImageDisk& disk, const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator(fixture(name + "/version-2"))) {
    disk.put(join_path(kVersionDir, entry.path().filename().string()), read_file(entry.path()));
  }
}

}  // namespace okapi
