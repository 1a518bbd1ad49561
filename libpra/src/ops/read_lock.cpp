#include "ops/read_lock.hpp"

#include "base/error.hpp"

namespace pra::ops {

ReadLock::ReadLock(repo::Repository& repository, const std::stop_token& stop) {
  try {
    lock_.emplace(repository, repo::LockMode::kShared, Duration::zero(), stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPermissionDenied) throw;
    repository.logger().warning("reading the repository without a lock: " +
                                std::string(error.what()));
  }
}

}  // namespace pra::ops
