#include "source/postgres/tar_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/errors.hpp"
#include "support/tar_builder.hpp"

using namespace pra;
using namespace pra::source::postgres;
using pra::test::code_of;
using pra::test::TarBuilder;
using pra::test::words_of;

namespace {

/// Writes down what it is told.
struct Recorder : TarHandler {
  std::vector<TarEntry> entries;
  std::vector<std::string> contents;
  std::size_t ended = 0;

  void begin_entry(const TarEntry& entry) override {
    entries.push_back(entry);
    contents.emplace_back();
  }
  void content(ByteView bytes) override { contents.back() += as_text(bytes); }
  void end_entry() override { ++ended; }
};

Recorder read(const std::string& archive, std::size_t piece = 0) {
  Recorder recorder;
  TarReader reader(recorder);
  ByteView rest = as_bytes(archive);
  while (!rest.empty()) {
    const std::size_t taken = piece == 0 ? rest.size() : std::min(piece, rest.size());
    reader.feed(rest.first(taken));
    rest = rest.subspan(taken);
  }
  reader.finish();
  return recorder;
}

std::string sample() {
  return TarBuilder()
      .file("backup_label", "START WAL LOCATION\n")
      .directory("base")
      .file("base/1", std::string(1000, 'x'))
      .file("./base/2", std::string(512, 'y'))
      .file("base/empty", "")
      .symlink("pg_tblspc/16384", "/srv/fast")
      .end()
      .bytes();
}

}  // namespace

TEST_CASE("a tar archive is read the same whatever the pieces") {
  for (const std::size_t piece : {0, 1, 7, 511, 512, 513, 4096}) {
    CAPTURE(piece);
    const Recorder seen = read(sample(), piece);
    REQUIRE(seen.entries.size() == 6);
    CHECK(seen.ended == 6);
    CHECK(seen.entries[0].path == "backup_label");
    CHECK(seen.contents[0] == "START WAL LOCATION\n");
    CHECK(seen.entries[1].type == TarType::kDirectory);
    CHECK(seen.entries[1].mode == 0700);
    CHECK(seen.contents[2] == std::string(1000, 'x'));
    CHECK(seen.entries[3].path == "base/2");
    CHECK(seen.contents[3] == std::string(512, 'y'));
    CHECK(seen.entries[4].size == 0);
    CHECK(seen.entries[5].type == TarType::kSymlink);
    CHECK(seen.entries[5].link_target == "/srv/fast");
    CHECK(seen.entries[0].uid == 26);
    CHECK(seen.entries[0].user == "postgres");
    CHECK(seen.entries[0].modified == 1'700'000'000);
  }
}

TEST_CASE("an archive may lack its end, as those of PostgreSQL 14 do") {
  CHECK(read(TarBuilder().file("a", "b").bytes()).entries.size() == 1);
  CHECK(read("").entries.empty());
}

TEST_CASE("an archive that is cut is noticed at every byte but those between members") {
  const std::string whole = TarBuilder().file("a", "some content").directory("d").bytes();
  REQUIRE(whole.size() == 1536);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    if (length % 512 == 0 && length != 512) continue;
    CAPTURE(length);
    CHECK(code_of([&] { read(whole.substr(0, length)); }) == ErrorCode::kCorrupt);
  }
}

TEST_CASE("a size in base 256 is understood") {
  const std::string header =
      TarBuilder::header({.name = "large", .size = std::uint64_t{9} << 30, .binary_size = true});
  Recorder recorder;
  TarReader reader(recorder);
  reader.feed(as_bytes(header));
  REQUIRE(recorder.entries.size() == 1);
  CHECK(recorder.entries[0].size == std::uint64_t{9} << 30);
}

TEST_CASE("every changed bit of a header is noticed") {
  const std::string whole = TarBuilder().directory("base").bytes();
  std::size_t noticed = 0;
  for (std::size_t bit = 0; bit < 512 * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    if (code_of([&] { read(damaged); }) == ErrorCode::kCorrupt) ++noticed;
  }
  // Ten say nothing: the checksum field's last byte, and spaces for its first zero and its end.
  CHECK(noticed == 512 * 8 - 10);
}

TEST_CASE("paths that lead elsewhere are refused") {
  for (const char* name :
       {"", "/etc/passwd", "..", "../x", "a/../b", "a//b", "./", "a/./b", "a/.."}) {
    CAPTURE(name);
    CHECK(words_of([&] { read(TarBuilder().file(name, "x").bytes()); }).find("path") !=
          std::string::npos);
  }
  std::string deep = "a";
  for (int i = 0; i < 40; ++i)
    deep += "/a";
  CHECK(code_of([&] { read(TarBuilder().file(deep, "x").bytes()); }) == ErrorCode::kCorrupt);
}

TEST_CASE("members and numbers that no server sends are refused") {
  const auto refused = [](const std::string& archive) {
    return code_of([&] { read(archive); }) == ErrorCode::kCorrupt;
  };
  for (const char type : {'1', '3', '6', 'L', 'x', 'g', 'S'})
    CHECK(refused(TarBuilder::header({.name = "a", .type = type})));
  CHECK(
      refused(TarBuilder::header({.name = "d", .type = '5', .size = 512}) + std::string(512, 'x')));
  CHECK(refused(
      TarBuilder::header({.name = "huge", .size = ~std::uint64_t{0}, .binary_size = true})));
  std::string negative = TarBuilder::header({.name = "a", .size = 1, .binary_size = true});
  negative[124] = static_cast<char>(0xFF);
  CHECK(refused(TarBuilder::seal(negative)));
  std::string letters = TarBuilder::header({.name = "a"});
  letters.replace(124, 3, "12z");
  CHECK(refused(TarBuilder::seal(letters)));
  CHECK(refused(sample() + "x"));
  CHECK(refused(std::string(512, 'A')));
}
