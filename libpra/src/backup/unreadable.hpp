#pragma once

#include <utility>

#include "base/error.hpp"

namespace pra::backup {

/// The source could not be read: one item is lost and the backup goes on. Every other error means
/// that the repository failed, and ends it.
class UnreadableError : public Error {
 public:
  explicit UnreadableError(const Error& cause) : Error(cause.code(), cause.what(), cause.hint()) {}
};

/// Runs what touches the source; its errors become UnreadableError.
template <class Read>
decltype(auto) reading(Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    throw UnreadableError(error);
  }
}

}  // namespace pra::backup
