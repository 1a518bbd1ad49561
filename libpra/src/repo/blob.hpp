#pragma once

#include <compare>
#include <cstdint>

#include "base/id.hpp"

namespace pra::repo {

enum class BlobType : std::uint8_t { kData = 0, kTree = 1 };

/// A blob's identity: the same bytes as data and as a tree are two blobs.
struct BlobHandle {
  BlobType type = BlobType::kData;
  BlobId id;
  friend auto operator<=>(const BlobHandle&, const BlobHandle&) = default;
};

struct BlobHandleHash {
  std::size_t operator()(const BlobHandle& handle) const {
    return IdHash{}(handle.id) ^ static_cast<std::size_t>(handle.type);
  }
};

/// Where a sealed blob lies.
struct BlobLocation {
  PackId pack;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;               ///< Sealed, in the pack.
  std::uint32_t uncompressed_length = 0;  ///< 0 when it is stored uncompressed.

  /// Length of the plaintext.
  [[nodiscard]] std::uint32_t plaintext_length() const {
    return uncompressed_length != 0 ? uncompressed_length : length - 32;
  }
};

}  // namespace pra::repo
