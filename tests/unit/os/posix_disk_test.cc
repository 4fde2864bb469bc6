#include "common/os/posix_disk.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace okapi;

namespace {

struct World {
  World() {
    std::string name = (std::filesystem::temp_directory_path() / "okapi-disk-XXXXXX").string();
    root = mkdtemp(name.data());
  }
  ~World() { std::filesystem::remove_all(root); }
  std::string at(const std::string& name) const { return root + "/" + name; }
  void put(const std::string& name, ByteView bytes) {
    auto file = disk.open(at(name), OpenMode::kCreate);
    REQUIRE(file.ok());
    REQUIRE((*file)->write_at(0, bytes).ok());
  }
  PosixDisk disk;
  std::string root;
};

}  // namespace

TEST_CASE("bytes_written_at_an_offset_come_back_and_a_gap_reads_as_zeros") {
  World world;
  auto file = world.disk.open(world.at("f"), OpenMode::kCreate);
  REQUIRE(file.ok());
  REQUIRE((*file)->write_at(4, "tail").ok());
  REQUIRE((*file)->sync().ok());
  std::string out = "kept:";
  REQUIRE((*file)->read_at(0, 100, out).ok());
  CHECK(out == std::string("kept:\0\0\0\0tail", 13));
  CHECK((*file)->size().value() == 8);
  REQUIRE((*file)->truncate(6).ok());
  out.clear();
  REQUIRE((*file)->read_at(5, 100, out).ok());
  CHECK(out == "a");
  out.clear();
  REQUIRE((*file)->read_at(100, 10, out).ok());
  CHECK(out.empty());
  CHECK((*file)->path() == world.at("f"));
}

TEST_CASE("open_modes_say_whether_a_file_must_exist_and_what_becomes_of_it") {
  World world;
  CHECK(world.disk.open(world.at("no"), OpenMode::kRead).error().kind == ErrorKind::kNotFound);
  CHECK(world.disk.open(world.at("no"), OpenMode::kReadWrite).error().kind == ErrorKind::kNotFound);
  world.put("f", "old");
  CHECK((*world.disk.open(world.at("f"), OpenMode::kReadWrite))->size().value() == 3);
  CHECK((*world.disk.open(world.at("f"), OpenMode::kCreate))->size().value() == 0);
}

TEST_CASE("a_failed_write_names_path_and_cause_and_a_failed_read_leaves_the_output_alone") {
  World world;
  world.put("f", "text");
  auto file = world.disk.open(world.at("f"), OpenMode::kRead);
  Status written = (*file)->write_at(0, "x");
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text.find(world.at("f")) != std::string::npos);
  auto directory = world.disk.open(world.root, OpenMode::kRead);
  REQUIRE(directory.ok());
  std::string out = "kept";
  CHECK_FALSE((*directory)->read_at(0, 10, out).ok());
  CHECK(out == "kept");
}

TEST_CASE("a_list_is_in_name_order_with_sizes_and_kinds") {
  World world;
  world.put("b", "12345");
  world.put("a", "");
  REQUIRE(world.disk.make_directories(world.at("c")).ok());
  auto list = world.disk.list(world.root);
  REQUIRE(list.ok());
  REQUIRE(list->size() == 3);
  CHECK((*list)[0].name == "a");
  CHECK((*list)[1].name == "b");
  CHECK((*list)[1].size == 5);
  CHECK_FALSE((*list)[1].directory);
  CHECK((*list)[2].directory);
  CHECK(world.disk.list(world.at("none")).error().kind == ErrorKind::kNotFound);
}

// A log file that the list leaves out is a log file that recovery does not replay.
TEST_CASE("a_list_that_cannot_be_whole_is_an_error") {
  World world;
  world.put("log.1", "x");
  std::filesystem::create_symlink("loop", world.at("loop"));
  CHECK_FALSE(world.disk.list(world.root).ok());
}

TEST_CASE("directories_are_made_with_their_parents_and_may_exist") {
  World world;
  REQUIRE(world.disk.make_directories(world.at("x/y//z/")).ok());
  REQUIRE(world.disk.make_directories(world.at("x/y")).ok());
  struct stat st {};
  REQUIRE(stat(world.at("x/y/z").c_str(), &st) == 0);
  CHECK((st.st_mode & 0027) == 0);
  world.put("file", "");
  CHECK_FALSE(world.disk.make_directories(world.at("file")).ok());
  CHECK_FALSE(world.disk.make_directories(world.at("file/below")).ok());
  CHECK_FALSE(world.disk.make_directories("").ok());
}

TEST_CASE("rename_unlink_and_exists_agree") {
  World world;
  world.put("from", "x");
  CHECK(world.disk.exists(world.at("from")).value());
  REQUIRE(world.disk.rename(world.at("from"), world.at("to")).ok());
  REQUIRE(world.disk.sync_directory(world.root).ok());
  CHECK_FALSE(world.disk.exists(world.at("from")).value());
  REQUIRE(world.disk.unlink(world.at("to")).ok());
  CHECK(world.disk.unlink(world.at("to")).error().kind == ErrorKind::kNotFound);
  CHECK_FALSE(world.disk.exists(world.at("to/below")).value());
  CHECK_FALSE(world.disk.sync_directory(world.at("none")).ok());
  CHECK(world.disk.free_bytes(world.root).value() > 0);
  CHECK(world.disk.writable(world.root));
  CHECK_FALSE(world.disk.writable(world.at("none")));
}

TEST_CASE("a_lock_is_exclusive_names_its_holder_and_goes_with_it") {
  World world;
  auto first = world.disk.lock(world.at("lock"), "4711");
  REQUIRE(first.ok());
  auto second = world.disk.lock(world.at("lock"), "2");
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::kBusy);
  CHECK(second.error().text.find("4711") != std::string::npos);
  first->reset();
  CHECK(world.disk.lock(world.at("lock"), "2").ok());
}
