#include "backup/cluster_tree.hpp"

#include <doctest/doctest.h>

#include <string>

#include "repo/repository_fixture.hpp"
#include "support/errors.hpp"

using namespace pra;
using backup::MemoryTree;

namespace {

repo::Node node(repo::NodeType type) {
  repo::Node out;
  out.type = type;
  return out;
}

constexpr auto kFile = repo::NodeType::kFile;
constexpr auto kDirectory = repo::NodeType::kDirectory;

MemoryTree root() {
  return MemoryTree(node(kDirectory));
}

}  // namespace

TEST_CASE("entries need their directory, and a name of their own") {
  MemoryTree tree = root();
  tree.add("a", node(kDirectory));
  tree.add("a/b", node(kDirectory));
  repo::Node& file = tree.add("a/b/c", node(kFile));
  CHECK(file.name == "c");
  CHECK(tree.find("a/b/c") == &file);
  CHECK(tree.find("a/x") == nullptr);
  CHECK(tree.directory("a/b") != nullptr);
  CHECK(tree.directory("a/b/c") == nullptr);
  const auto refused = [&](const std::string& path) {
    return test::code_of([&] { tree.add(path, node(kFile)); }) == ErrorCode::kCorrupt;
  };
  CHECK(refused("a/b/c"));
  CHECK(refused("a/b"));
  CHECK(refused("x/y"));
  CHECK(refused("a/b/c/d"));
}

TEST_CASE("a tree is grafted as a new directory or into an empty one, never over content") {
  MemoryTree tree = root();
  tree.add("empty", node(kDirectory)).mode = 0700;
  tree.add("full", node(kDirectory));
  tree.add("full/file", node(kFile));
  const auto branch = [] {
    MemoryTree made = root();
    made.add("leaf", node(kFile));
    return made;
  };
  tree.graft("new", branch());
  tree.graft("empty", branch());
  CHECK(tree.find("new/leaf") != nullptr);
  CHECK(tree.find("empty/leaf") != nullptr);
  CHECK(tree.find("empty")->mode == 0700);
  CHECK(test::code_of([&] { tree.graft("full", branch()); }) == ErrorCode::kCorrupt);
  CHECK(test::code_of([&] { tree.graft("full/file", branch()); }) == ErrorCode::kCorrupt);
}

TEST_CASE("links are made, turned and removed") {
  MemoryTree tree = root();
  tree.add("pg_tblspc", node(kDirectory));
  tree.add("pg_tblspc/file", node(kFile));
  tree.link("pg_tblspc/1", "/old");
  tree.link("pg_tblspc/1", "../../tablespaces/1");
  tree.link("pg_tblspc/2", "/other");
  CHECK(tree.find("pg_tblspc/1")->type == repo::NodeType::kSymlink);
  CHECK(tree.find("pg_tblspc/1")->link_target == "../../tablespaces/1");
  CHECK(test::code_of([&] { tree.link("pg_tblspc/file", "/x"); }) == ErrorCode::kCorrupt);
  tree.remove_links("pg_tblspc", [](const std::string& name) { return name == "1"; });
  CHECK(tree.find("pg_tblspc/1") != nullptr);
  CHECK(tree.find("pg_tblspc/2") == nullptr);
  CHECK(tree.find("pg_tblspc/file") != nullptr);
}

TEST_CASE("a saved tree is read back, sorted and whole") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  BlobId saved;
  MemoryTree::Totals totals;
  {
    repo::BlobWriter writer(*repository, {}, {});
    auto worker = writer.make_worker();
    MemoryTree tree = root();
    tree.add("b", node(kDirectory));
    tree.add("b/inner", node(kFile)).size = 3;
    tree.add("a", node(kFile)).size = 4;
    saved = tree.save(worker, totals);
    writer.finish();
  }
  CHECK(totals.files == 2);
  CHECK(totals.directories == 1);
  CHECK(totals.bytes == 7);
  const auto nodes = repository->load_tree(saved, {});
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[0].name == "a");
  CHECK(nodes[1].name == "b");
  const auto inner = repository->load_tree(nodes[1].subtree, {});
  REQUIRE(inner.size() == 1);
  CHECK(inner[0].name == "inner");
}
