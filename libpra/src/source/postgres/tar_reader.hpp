#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace pra::source::postgres {

enum class TarType { kFile, kDirectory, kSymlink };

/// The header of one member of a tar archive.
struct TarEntry {
  std::string path;  ///< Relative, checked: no "..", no empty component, no leading or final '/'.
  TarType type = TarType::kFile;
  std::uint32_t mode = 0;  ///< Permission bits (07777).
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string user;
  std::string group;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< Seconds since 1970.
  std::string link_target;    ///< Bytes.
};

/// Told of what a TarReader finds, in the archive's order.
class TarHandler {
 public:
  virtual ~TarHandler() = default;
  virtual void begin_entry(const TarEntry& entry) = 0;
  /// A piece of the content of the entry that began last; the view lives during the call.
  virtual void content(ByteView bytes) = 0;
  virtual void end_entry() = 0;
};

/// Reads a tar archive (ustar, POSIX.1-1988, with base-256 sizes) that arrives in pieces of any
/// size, without holding content. It knows what a PostgreSQL server sends: files, directories and
/// symbolic links; other members are Error(kCorrupt), as is a header that does not check out.
class TarReader {
 public:
  explicit TarReader(TarHandler& handler) : handler_(&handler) {}

  void feed(ByteView bytes);
  /// The archive is over: Error(kCorrupt) when it ends in the middle of a member. Servers up to
  /// PostgreSQL 14 send no end-of-archive blocks, so those may be missing.
  void finish() const;

 private:
  static constexpr std::size_t kBlock = 512;

  void read_header();

  TarHandler* handler_;
  std::array<std::uint8_t, kBlock> header_{};
  std::size_t header_filled_ = 0;
  std::uint64_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  bool ended_ = false;
};

}  // namespace pra::source::postgres
