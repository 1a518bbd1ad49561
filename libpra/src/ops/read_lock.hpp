#pragma once

#include <optional>
#include <stop_token>

#include "repo/lock.hpp"
#include "repo/repository.hpp"

namespace pra::ops {

/// A shared lock while a repository is read, so that a prune does not remove what is still needed.
/// A repository that cannot be written — a mounted copy, a snapshot of a disk, another's — is read
/// without one, and the log says so: a restore must not fail for that.
class ReadLock {
 public:
  ReadLock(repo::Repository& repository, const std::stop_token& stop);

 private:
  std::optional<repo::Lock> lock_;
};

}  // namespace pra::ops
