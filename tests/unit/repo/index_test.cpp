#include "repo/index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

template <class AnyId>
AnyId numbered(std::uint64_t number) {
  AnyId id;
  // Spread like a hash; byte 31 keeps 0 from being null.
  const std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15u;
  std::memcpy(id.bytes.data(), &mixed, sizeof mixed);
  std::memcpy(id.bytes.data() + 8, &number, sizeof number);
  id.bytes[31] = 1;
  return id;
}

BlobHandle data(std::uint64_t number) {
  return {BlobType::kData, numbered<BlobId>(number)};
}

IndexedPack pack(std::uint64_t number, std::uint64_t first, std::uint64_t count) {
  IndexedPack out{numbered<PackId>(1'000'000'000 + number), {}};
  for (std::uint64_t i = 0; i < count; ++i)
    out.blobs.push_back({data(first + i), static_cast<std::uint32_t>(i * 100), 100,
                         static_cast<std::uint32_t>(i % 2 * 300)});
  return out;
}

std::vector<IndexedPack> decoded(std::string_view text) {
  std::vector<IndexedPack> packs;
  decode_index(text, [&](IndexedPack&& found) { packs.push_back(std::move(found)); });
  return packs;
}

bool is_corrupt(std::string_view text) {
  return test::code_of([&] { (void)decoded(text); }) == ErrorCode::kCorrupt;
}

const std::string kA(64, 'a');
const std::string kB(64, 'b');

std::string with_blob(const std::string& members) {
  return R"({"packs":[{"id":")" + kA + R"(","blobs":[{)" + members + "}]}]}";
}

}  // namespace

TEST_CASE("an index file is written as restic writes it, and read") {
  IndexedPack first{PackId::from_hex(kA), {}};
  first.blobs = {{{BlobType::kData, BlobId::from_hex(kB)}, 0, 70, 0},
                 {{BlobType::kTree, BlobId::from_hex(kA)}, 70, 80, 4294967295u}};
  const std::string expected =
      R"({"packs":[{"id":")" + kA + R"(","blobs":[{"id":")" + kB +
      R"(","type":"data","offset":0,"length":70},{"id":")" + kA +
      R"(","type":"tree","offset":70,"length":80,"uncompressed_length":4294967295}]}]})";
  CHECK(encode_index(std::span(&first, 1)) == expected);
  CHECK(encode_index({}) == R"({"packs":[]})");
  const auto packs = decoded(expected);
  REQUIRE(packs.size() == 1);
  CHECK(encode_index(packs) == expected);
}

TEST_CASE("any order of members, and what older versions wrote, is read") {
  const auto packs =
      decoded(R"( {"supersedes":[")" + kA + R"("],"packs":[{"blobs":[{"length":40,)" +
              R"("future":{},"offset":3,"type":"tree","id":")" + kB + R"("}],"id":")" + kA +
              R"("}]})" + "\n");
  REQUIRE(packs.size() == 1);
  REQUIRE(packs[0].blobs.size() == 1);
  CHECK(packs[0].blobs[0].blob.type == BlobType::kTree);
  CHECK(packs[0].blobs[0].uncompressed_length == 0);
  CHECK(decoded(R"({"packs":null})").empty());
}

TEST_CASE("hostile index files are refused") {
  const std::string id = R"("id":")" + kB + "\",";
  CHECK_FALSE(is_corrupt(with_blob(id + R"("type":"data","offset":0,"length":32)")));
  CHECK_FALSE(is_corrupt(with_blob(id + R"("type":"data","offset":4294967263,"length":32)")));
  for (const std::string& bad :
       {id + R"("type":"data","offset":4294967264,"length":32)",
        id + R"("type":"data","offset":0,"length":31)",
        id + R"("type":"data","offset":0,"length":4294967296)",
        id + R"("type":"data","offset":-1,"length":40)",
        id + R"("type":"door","offset":0,"length":40)", id + R"("offset":0,"length":40)",
        std::string(R"("type":"data","offset":0,"length":40)"),
        std::string(R"("id":"xyz","type":"data","offset":0,"length":40)")})
    CHECK_MESSAGE(is_corrupt(with_blob(bad)), bad);
  CHECK(is_corrupt(R"({"packs":[{"blobs":[]}]})"));
  CHECK(is_corrupt(R"({"packs":[]} x)"));
  const std::string good = encode_index(std::vector{pack(1, 0, 3)});
  for (std::size_t length = 0; length < good.size(); ++length)
    REQUIRE(is_corrupt(std::string_view(good).substr(0, length)));
}

TEST_CASE("blobs are found by type and id") {
  Index index;
  index.add(pack(1, 0, 10));
  index.add(pack(2, 10, 10));
  CHECK(index.blob_count() == 20);
  CHECK(index.pack_count() == 2);
  CHECK(index.contains(data(19)));
  CHECK_FALSE(index.contains(data(20)));
  CHECK_FALSE(index.contains({BlobType::kTree, data(3).id}));
  const auto found = index.find(data(13));
  REQUIRE(found);
  CHECK(found->pack == numbered<PackId>(1'000'000'002));
  CHECK(found->offset == 300);
  CHECK(found->uncompressed_length == 300);
  CHECK(index.find(data(12))->plaintext_length() == 68);
  CHECK_FALSE(index.find(data(99)));
}

TEST_CASE("the same id as data and as a tree are two blobs") {
  Index index;
  IndexedPack mixed = pack(1, 0, 1);
  mixed.blobs.push_back(mixed.blobs[0]);
  mixed.blobs[1].blob.type = BlobType::kTree;
  mixed.blobs[1].offset = 500;
  index.add(mixed);
  CHECK(index.blob_count() == 2);
  CHECK(index.find({BlobType::kTree, data(0).id})->offset == 500);
  CHECK(index.find_all(data(0)).size() == 1);
}

TEST_CASE("copies are kept beside the first, the same copy once") {
  Index index;
  index.add(pack(1, 0, 3));
  index.add(pack(2, 0, 3));
  index.add(pack(1, 0, 3));  // the same pack in a second index file
  index.add(pack(2, 0, 3));
  CHECK(index.blob_count() == 3);
  CHECK(index.pack_count() == 2);
  CHECK(index.find(data(1))->pack == numbered<PackId>(1'000'000'001));
  const auto copies = index.find_all(data(1));
  REQUIRE(copies.size() == 2);
  CHECK(copies[0].pack == numbered<PackId>(1'000'000'001));
  CHECK(copies[1].pack == numbered<PackId>(1'000'000'002));
  std::size_t visited = 0;
  index.for_each([&](const BlobHandle&, const BlobLocation&) { ++visited; });
  CHECK(visited == 6);
}

TEST_CASE("a cleared index is empty and can be filled again") {
  Index index;
  index.add(pack(1, 0, 10));
  index.add(pack(2, 0, 10));
  index.clear();
  CHECK(index.blob_count() == 0);
  CHECK(index.pack_count() == 0);
  CHECK_FALSE(index.contains(data(1)));
  index.add(pack(3, 5, 10));
  CHECK(index.find(data(5))->pack == numbered<PackId>(1'000'000'003));
  CHECK(index.find_all(data(5)).size() == 1);
}

TEST_CASE("a hundred thousand blobs cost less than 64 bytes each") {
  Index index;
  for (std::uint64_t i = 0; i < 1000; ++i)
    index.add(pack(i, i * 100, 100));
  CHECK(index.blob_count() == 100'000);
  for (std::uint64_t i = 0; i < 100'000; i += 97)
    REQUIRE(index.contains(data(i)));
  CHECK(index.memory_bytes() / 100'000 < 64);
}

TEST_CASE("ids chosen to collide, and endless copies, are not slow") {
  Index index;
  IndexedPack hostile{numbered<PackId>(1), {}};
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    BlobId id;  // all of them equal but for the last four bytes
    std::memcpy(id.bytes.data() + 28, &i, sizeof i);
    hostile.blobs.push_back({{BlobType::kData, id}, i, 40, 0});
    hostile.blobs.push_back({data(0), i, 40, 0});
  }
  index.add(hostile);
  CHECK(index.blob_count() == 100'001);
  CHECK(index.find_all(data(0)).size() == 100'000);
}

TEST_CASE("look-ups beside additions") {
  Index index;
  index.add(pack(0, 0, 1000));
  std::atomic<bool> wrong = false;
  std::atomic<bool> done = false;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; !done; i = (i + 1) % 1000)
        if (!index.contains(data(i)) || index.find(data(i))->length != 100) wrong = true;
    });
  for (std::uint64_t writer = 0; writer < 2; ++writer)
    threads.emplace_back([&, writer] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const std::uint64_t number = 1 + writer * 50 + i;
        index.add(pack(number, number * 1000, 1000));
      }
    });
  for (std::size_t i = 2; i < 4; ++i)
    threads[i].join();
  done = true;
  threads.clear();
  CHECK_FALSE(wrong);
  CHECK(index.blob_count() == 101'000);
}
