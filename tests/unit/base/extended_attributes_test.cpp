#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/directory.hpp"
#include "support/errors.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;

namespace {

using Attributes = std::vector<ExtendedAttribute>;

/// Those a user sets: a security module may add its own.
Attributes of_users(Attributes all) {
  std::erase_if(all, [](const auto& item) { return item.first.starts_with("security."); });
  std::sort(all.begin(), all.end());
  return all;
}

ExtendedAttribute attribute(const std::string& name, std::string_view value) {
  return {name, to_buffer(as_bytes(value))};
}

bool supported(const TemporaryDirectory& place) {
  return ::setxattr(place.path().c_str(), "user.probe", "", 0, 0) == 0;
}

}  // namespace

TEST_CASE("extended attributes come back by name and by descriptor") {
  const TemporaryDirectory place;
  if (!supported(place)) {
    MESSAGE("the file system for temporary files has no extended attributes");
    return;
  }
  const auto directory = Directory::open(place.path());
  const auto file = directory.create_file("file", 0600);
  CHECK(of_users(directory.extended_attributes("file")).empty());

  const Attributes wanted{attribute("user.a", "value"), attribute("user.empty", ""),
                          attribute("user.large", std::string(3000, 'x')),
                          attribute("user.zero", std::string_view("\0b\0", 3))};
  directory.set_extended_attributes("file", wanted);
  CHECK(of_users(directory.extended_attributes("file")) == wanted);
  CHECK(of_users(extended_attributes_of(file.descriptor(), "file")) == wanted);

  // Equal ones stay, others change, the rest goes.
  const Attributes other{attribute("user.a", "value"), attribute("user.b", "new")};
  directory.set_extended_attributes("file", other);
  CHECK(of_users(directory.extended_attributes("file")) == other);
  directory.set_extended_attributes("file", {});
  CHECK(of_users(directory.extended_attributes("file")).empty());
}

TEST_CASE("more names than fit at first are listed") {
  const TemporaryDirectory place;
  if (!supported(place)) return;
  const auto directory = Directory::open(place.path());
  (void)directory.create_file("file", 0600);
  Attributes wanted;
  for (int i = 0; i < 40; ++i)
    wanted.push_back(
        attribute("user.a-rather-long-name-of-an-attribute-" + std::to_string(100 + i), "v"));
  directory.set_extended_attributes("file", wanted);
  CHECK(of_users(directory.extended_attributes("file")) == wanted);
}

TEST_CASE("folders have them, and a link is not followed") {
  const TemporaryDirectory place;
  if (!supported(place)) return;
  const auto directory = Directory::open(place.path());
  directory.create_directory("dir", 0700);
  directory.set_extended_attributes("dir", {attribute("user.d", "1")});
  CHECK(of_users(directory.extended_attributes("dir")).size() == 1);
  directory.create_symlink("link", "dir");
  CHECK(of_users(directory.extended_attributes("link")).empty());
  if (::geteuid() == 0 && ::lsetxattr((place / "link").c_str(), "trusted.t", "x", 1, 0) == 0) {
    CHECK(of_users(directory.extended_attributes("link")) ==
          Attributes{attribute("trusted.t", "x")});
    directory.set_extended_attributes("link", {attribute("trusted.t", "y")});
    CHECK(of_users(directory.extended_attributes("link")) ==
          Attributes{attribute("trusted.t", "y")});
  }
  CHECK(of_users(directory.extended_attributes("dir")).size() == 1);
}

TEST_CASE("failures name the attribute and the entry") {
  const TemporaryDirectory place;
  const auto directory = Directory::open(place.path());
  CHECK(code_of([&] { (void)directory.extended_attributes("none"); }) == ErrorCode::kNotFound);
  (void)directory.create_file("file", 0600);
  const auto words =
      words_of([&] { directory.set_extended_attributes("file", {attribute("nonsense.x", "1")}); });
  CHECK(words.find("nonsense.x") != std::string::npos);
  CHECK(words.find(place / "file") != std::string::npos);
}

TEST_CASE("what has no such thing has none") {
  const FileDescriptor descriptor(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  CHECK(of_users(extended_attributes_of(descriptor.get(), "status")).empty());
}
