#pragma once

#include <stop_token>
#include <string>

#include "base/bytes.hpp"
#include "base/directory.hpp"
#include "base/progress.hpp"
#include "crypto/digest.hpp"

namespace pra::verify {

/// Digests files, one after the other, with one buffer and one context. One thread at a time.
class FileDigester {
 public:
  FileDigester(const crypto::DigestAlgorithm& algorithm, Progress& progress, std::stop_token stop);

  /// The digest of a regular file's content in hex; adds its bytes to the progress and to `bytes`.
  [[nodiscard]] std::string digest(const File& file);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  crypto::Hasher hasher_;
  Progress& progress_;
  std::stop_token stop_;
  Buffer buffer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pra::verify
