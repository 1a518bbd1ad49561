#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "base/directory.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;

namespace {

std::vector<File::Range> data_ranges(const File& file) {
  std::vector<File::Range> out;
  const auto size = static_cast<std::uint64_t>(file.status().st_size);
  for (auto range = file.next_data(0, size); range;
       range = file.next_data(range->offset + range->length, size))
    out.push_back(*range);
  return out;
}

}  // namespace

TEST_CASE("positioned reads and writes") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  const auto file = directory.create_file("f", 0600);
  file.write_at(5, as_bytes("world"));
  file.write_at(0, as_bytes("hello"));
  Buffer out(20, 1);
  CHECK(file.read_at(0, out) == 10);
  CHECK(as_text(ByteView(out).first(10)) == "helloworld");
  CHECK(file.read_at(8, out) == 2);
  CHECK(file.read_at(10, out) == 0);
  CHECK(file.read_at(1000, out) == 0);
  file.truncate(3);
  CHECK(file.status().st_size == 3);
  file.truncate(6);
  CHECK(file.read_at(0, out) == 6);
  CHECK(as_text(ByteView(out).first(6)) == std::string("hel\0\0\0", 6));
  CHECK_NOTHROW(file.sync());
  CHECK(file.name() == place / "f");
}

TEST_CASE("many threads write and read one file") {
  const TemporaryDirectory place;
  const auto file = Directory::open(place.path()).create_file("f", 0600);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t; i < 400; i += 8)
        file.write_at(i * 1000, Buffer(1000, static_cast<std::uint8_t>(i)));
    });
  for (auto& thread : threads)
    thread.join();
  Buffer out(1000);
  for (std::uint64_t i = 0; i < 400; ++i) {
    REQUIRE(file.read_at(i * 1000, out) == 1000);
    CHECK(out == Buffer(1000, static_cast<std::uint8_t>(i)));
  }
}

TEST_CASE("writing without truncation, and to a file that is read only for us") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  directory.create_file("f", 0600).write_at(0, as_bytes("0123456789"));
  directory.open_for_writing("f").write_at(2, as_bytes("ab"));
  const auto reading = directory.open_file("f");
  Buffer out(10);
  CHECK(reading.read_at(0, out) == 10);
  CHECK(as_text(out) == "01ab456789");
  CHECK(code_of([&] { reading.write_at(0, as_bytes("x")); }).has_value());
  CHECK((directory.open_for_writing("new").status().st_mode & 07777) == 0600);
}

TEST_CASE("room is reserved without a change of size") {
  const TemporaryDirectory place;
  const auto file = Directory::open(place.path()).create_file("f", 0600);
  file.reserve(0);
  file.reserve(1 << 20);
  CHECK(file.status().st_size == 0);
  file.write_at(0, as_bytes("x"));
  file.reserve(100);
  CHECK(file.status().st_size == 1);
  CHECK(code_of([&] { file.reserve(std::uint64_t{1} << 62); }).has_value());
}

TEST_CASE("holes are found and made") {
  const TemporaryDirectory place;
  const auto file = Directory::open(place.path()).create_file("f", 0600);
  constexpr std::uint64_t kBlock = 64 << 10;
  CHECK(data_ranges(file).empty());
  file.truncate(8 * kBlock);
  CHECK(data_ranges(file).empty());
  file.write_at(2 * kBlock, Buffer(kBlock, 1));
  file.write_at(7 * kBlock, Buffer(kBlock, 2));
  auto ranges = data_ranges(file);
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].offset == 2 * kBlock);
  CHECK(ranges[0].length == kBlock);
  CHECK(ranges[1].offset == 7 * kBlock);
  const auto inside = file.next_data(2 * kBlock + 10, 8 * kBlock);
  REQUIRE(inside);
  CHECK(inside->offset == 2 * kBlock + 10);
  CHECK(inside->length == kBlock - 10);
  CHECK_FALSE(file.next_data(8 * kBlock, 8 * kBlock));
  CHECK(file.next_data(0, 2 * kBlock + 5)->length == 5);

  file.punch_hole(2 * kBlock, kBlock);
  ranges = data_ranges(file);
  REQUIRE(ranges.size() == 1);
  CHECK(ranges[0].offset == 7 * kBlock);
  Buffer out(kBlock, 9);
  CHECK(file.read_at(2 * kBlock, out) == kBlock);
  CHECK(all_zero(out));
  file.punch_hole(7 * kBlock, 100 * kBlock);
  CHECK(file.status().st_size == 8 * kBlock);
  CHECK(data_ranges(file).empty());
  file.punch_hole(0, 0);
  // Parts of a block become zeros.
  file.write_at(0, Buffer(100, 3));
  file.punch_hole(10, 20);
  Buffer small(100);
  CHECK(file.read_at(0, small) == 100);
  CHECK(all_zero(ByteView(small).subspan(10, 20)));
  CHECK(small[9] == 3);
  CHECK(small[30] == 3);
}

TEST_CASE("what cannot tell of holes is data") {
  const File file(FileDescriptor(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)), "status");
  const auto range = file.next_data(0, 100);
  REQUIRE(range);
  CHECK(range->offset == 0);
  CHECK(range->length == 100);
}

TEST_CASE("a full device is told as such") {
  if (::access("/dev/full", W_OK) != 0) return;
  const File file(FileDescriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "/dev/full");
  CHECK(code_of([&] { file.write_at(0, as_bytes("x")); }) == ErrorCode::kNoSpace);
}
