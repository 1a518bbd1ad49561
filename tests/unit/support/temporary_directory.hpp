#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace pra::test {

/// A directory of a test's own, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory(std::filesystem::temp_directory_path()) {}
  /// On a file system in memory where there is one: for tests that sync thousands of files.
  [[nodiscard]] static TemporaryDirectory in_memory() {
    const bool usable = ::access("/dev/shm", W_OK) == 0;
    return TemporaryDirectory(usable ? "/dev/shm" : std::filesystem::temp_directory_path());
  }
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    std::string pattern = (parent / "pra-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

}  // namespace pra::test
