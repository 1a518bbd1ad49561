#include "source/postgres/manifest_check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/errors.hpp"

using namespace pra;
using source::postgres::ManifestCheck;

namespace {

std::string manifest(const std::string& body) {
  return body + "\"Manifest-Checksum\": \"" + crypto::sha256(as_bytes(body)).hex() + "\"}\n";
}

std::optional<ErrorCode> check(const std::string& text, std::size_t piece) {
  return test::code_of([&] {
    ManifestCheck checker;
    for (std::size_t at = 0; at < text.size(); at += piece)
      checker.update(as_bytes(std::string_view(text).substr(at, piece)));
    checker.finish();
  });
}

}  // namespace

TEST_CASE("a manifest that arrived whole is accepted, and no other") {
  const std::string good =
      manifest("{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n],\n");
  for (const std::size_t piece : {1, 13, 64, 4096})
    CHECK(check(good, piece) == std::nullopt);
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK(check(good.substr(0, length), 64) == ErrorCode::kCorrupt);
  std::string damaged = good;
  damaged[5] = 'p';
  CHECK(check(damaged, 64) == ErrorCode::kCorrupt);
  CHECK(check(good + "\n", 64) == ErrorCode::kCorrupt);
}
