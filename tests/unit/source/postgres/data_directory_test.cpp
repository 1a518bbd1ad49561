#include "source/postgres/data_directory.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::source::postgres;

namespace {

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string control_file(std::uint64_t identifier, std::uint32_t version) {
  std::string content(8192, '\0');
  std::memcpy(content.data(), &identifier, 8);
  std::memcpy(content.data() + 8, &version, 4);
  return content;
}

}  // namespace

TEST_CASE("a cluster is known by its control file") {
  const test::TemporaryDirectory directory;
  CHECK(system_identifier_at(directory.path()) == std::nullopt);
  std::filesystem::create_directory(directory / "global");
  CHECK(system_identifier_at(directory.path()) == std::nullopt);
  write(directory / "global/pg_control", control_file(7711208194629900653, 1300));
  CHECK(system_identifier_at(directory.path()) == "7711208194629900653");
  write(directory / "global/pg_control", control_file(1, 0xE2040000));
  CHECK(test::code_of([&] { (void)system_identifier_at(directory.path()); }) ==
        ErrorCode::kCorrupt);
  write(directory / "global/pg_control", "short");
  CHECK(test::code_of([&] { (void)system_identifier_at(directory.path()); }) ==
        ErrorCode::kCorrupt);
}

TEST_CASE("a process id in postmaster.pid counts while it may be this cluster's server") {
  const test::TemporaryDirectory directory;
  CHECK(running_server(directory / "missing") == std::nullopt);
  CHECK(running_server(directory.path()) == std::nullopt);
  // This process lives, but works elsewhere: the file was left by a server that is gone.
  write(directory / "postmaster.pid", std::to_string(::getpid()) + "\n/x\n");
  CHECK(running_server(directory.path()) == std::nullopt);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  CHECK(running_server(directory.path()) == ::getpid());
  write(directory / "postmaster.pid", "-" + std::to_string(::getpid()) + "\n");
  CHECK(running_server(directory.path()) == ::getpid());
  std::filesystem::current_path(before);
  for (const char* text : {"", "0\n", "x\n", "4194303\n", "99999999999999999999\n"}) {
    write(directory / "postmaster.pid", text);
    CHECK(running_server(directory.path()) == std::nullopt);
  }
}
