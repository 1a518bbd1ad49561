#include "source/files/metadata.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "source/files/targets.hpp"
#include "support/temporary_directory.hpp"

namespace pra::source {
namespace {

TEST_CASE("a node holds what the system says of an entry") {
  const test::TemporaryDirectory place;
  std::ofstream(place / "file") << "12345";
  std::filesystem::create_symlink("file", place / "link");
  std::filesystem::create_directory(place / "directory");
  const auto directory = Directory::open(place.path());
  OwnerNames owners;
  struct stat status {};
  REQUIRE(::lstat((place / "file").c_str(), &status) == 0);

  const auto file = node_of_entry(directory, "file", owners);
  REQUIRE(file);
  CHECK(file->type == repo::NodeType::kFile);
  CHECK(file->size == 5);
  CHECK(file->links == 1);
  CHECK(file->mode == (status.st_mode & 07777));
  CHECK(file->inode == status.st_ino);
  CHECK(file->device_id == status.st_dev);
  CHECK(file->modified == to_timestamp(status.st_mtim));
  CHECK(file->accessed == file->modified);
  CHECK(file->changed == to_timestamp(status.st_ctim));
  CHECK(file->uid == ::getuid());
  CHECK(node_of_entry(directory, "file", owners, {.with_access_times = true})->accessed ==
        to_timestamp(status.st_atim));

  const auto link = node_of_entry(directory, "link", owners);
  CHECK(link->type == repo::NodeType::kSymlink);
  CHECK(link->link_target == "file");
  CHECK(link->size == 0);
  const auto folder = node_of_entry(directory, "directory", owners);
  CHECK(folder->type == repo::NodeType::kDirectory);
  CHECK(folder->links == 0);
  CHECK_FALSE(node_of_entry(directory, "nothing", owners));

  const auto open = directory.open_file("file");
  const auto same = node_of_descriptor(open.descriptor(), open.status(), "file", owners);
  std::string a;
  std::string b;
  repo::encode_node(*file, a);
  repo::encode_node(same, b);
  CHECK(a == b);
}

TEST_CASE("owners have names, or none") {
  OwnerNames owners;
  CHECK(owners.user(0) == "root");
  CHECK(owners.group(0) == "root");
  CHECK(owners.user(0) == "root");
  CHECK(owners.user(4'000'000'001).empty());
  CHECK(owners.group(4'000'000'001).empty());
}

TEST_CASE("several paths make one tree") {
  const auto root = make_targets({"/a/b", "/a/b", "/a/b/c/d", "/e"});
  CHECK_FALSE(root.whole);
  CHECK(root.children.size() == 2);
  const auto& a = root.children.at("a");
  CHECK_FALSE(a.whole);
  const auto& b = a.children.at("b");
  CHECK(b.whole);
  CHECK_FALSE(b.children.at("c").whole);
  CHECK(b.children.at("c").children.at("d").whole);
  CHECK(root.children.at("e").whole);
  CHECK(make_targets({"/"}).whole);
}

}  // namespace
}  // namespace pra::source
