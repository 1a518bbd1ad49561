#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "repo/repository.hpp"
#include "store/local_store.hpp"
#include "support/temporary_directory.hpp"

namespace pra::test {

/// A repository in a directory of its own, with a key file beside it.
class RepositoryFixture {
 public:
  RepositoryFixture() : secret(repo::create_key_file(key_file(), *files)) {}

  [[nodiscard]] std::string path() const { return directory_ / "repository"; }
  [[nodiscard]] std::string key_file() const { return directory_ / "key"; }
  [[nodiscard]] std::string cache() const { return directory_ / "cache"; }

  [[nodiscard]] repo::Environment environment() const {
    repo::Environment environment;
    environment.store = store::make_local_store(path(), files);
    environment.files = files;
    environment.clock = clock;
    environment.logger = std::make_shared<Logger>();
    return environment;
  }
  [[nodiscard]] std::shared_ptr<repo::Repository> create() const {
    return repo::Repository::create(environment(), secret, {});
  }
  [[nodiscard]] std::shared_ptr<repo::Repository> open() const {
    return repo::Repository::open(environment(), secret, {});
  }
  /// How many files lie under a folder of the repository.
  [[nodiscard]] std::size_t count(const std::string& folder) const {
    std::size_t files_found = 0;
    const auto root = std::filesystem::path(path()) / folder;
    if (!std::filesystem::exists(root)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
      files_found += entry.is_regular_file() ? 1 : 0;
    return files_found;
  }

 private:
  TemporaryDirectory directory_;

 public:
  std::shared_ptr<FileSystem> files = posix_file_system();
  std::shared_ptr<Clock> clock = system_clock();
  repo::Secret secret;
};

}  // namespace pra::test
