#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "base/directory.hpp"

namespace pra::backup {

/// Bytes that are read from front to back, once. One thread at a time.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  /// Fills `out` from `offset`, which follows what was read or skipped before; fewer bytes only at
  /// the end.
  [[nodiscard]] virtual std::size_t read(std::uint64_t offset, MutableByteView out) = 0;
  /// How many bytes from `offset` on are known to be zero without reading them.
  [[nodiscard]] virtual std::uint64_t zeros_at(std::uint64_t offset) = 0;
};

/// An open file up to the size that it had when it was opened, so that one that grows ends.
class FileSource final : public ContentSource {
 public:
  FileSource(const File& file, const struct stat& status);

  [[nodiscard]] std::size_t read(std::uint64_t offset, MutableByteView out) override;
  [[nodiscard]] std::uint64_t zeros_at(std::uint64_t offset) override;

 private:
  const File& file_;
  std::uint64_t size_;
  bool has_holes_;
};

/// What a caller's function delivers.
class StreamSource final : public ContentSource {
 public:
  explicit StreamSource(std::function<std::size_t(MutableByteView)> read)
      : read_(std::move(read)) {}

  [[nodiscard]] std::size_t read(std::uint64_t offset, MutableByteView out) override;
  [[nodiscard]] std::uint64_t zeros_at(std::uint64_t) override { return 0; }

 private:
  std::function<std::size_t(MutableByteView)> read_;
  bool ended_ = false;
};

}  // namespace pra::backup
