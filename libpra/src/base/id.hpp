#pragma once

#include <array>
#include <compare>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pra {

/// A SHA-256 value (FIPS 180-4) with a type that says what it names, so that a pack's id cannot be
/// passed for a blob's.
template <class Tag>
struct Id {
  std::array<std::uint8_t, 32> bytes{};

  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  /// The first eight hex digits, as people quote it.
  [[nodiscard]] std::string short_hex() const { return to_hex(ByteView(bytes).first(4)); }
  [[nodiscard]] bool is_null() const { return all_zero(bytes); }
  friend auto operator<=>(const Id&, const Id&) = default;

  /// Throws Error(kInvalidArgument) unless `text` is 64 lower- or upper-case hex digits.
  [[nodiscard]] static Id from_hex(std::string_view text) {
    Id id;
    if (!parse(text, id)) throw_malformed(text);
    return id;
  }
  /// False, without throwing, when `text` is not 64 hex digits.
  [[nodiscard]] static bool parse(std::string_view text, Id& out);
  template <class Other>
  [[nodiscard]] static Id from(const Id<Other>& other) {
    return Id{other.bytes};
  }

 private:
  [[noreturn]] static void throw_malformed(std::string_view text);
};

namespace detail {
bool parse_id(std::string_view text, std::array<std::uint8_t, 32>& out);
[[noreturn]] void throw_malformed_id(std::string_view text);
}  // namespace detail

template <class Tag>
bool Id<Tag>::parse(std::string_view text, Id& out) {
  return detail::parse_id(text, out.bytes);
}
template <class Tag>
void Id<Tag>::throw_malformed(std::string_view text) {
  detail::throw_malformed_id(text);
}

/// A plain SHA-256 digest, of no particular thing.
using Digest = Id<struct DigestTag>;
/// SHA-256 of a blob's plaintext (file data or a tree).
using BlobId = Id<struct BlobTag>;
/// SHA-256 of a file of the repository as it is stored; also its name.
using PackId = Id<struct PackTag>;
using IndexId = Id<struct IndexTag>;
using SnapshotId = Id<struct SnapshotTag>;
using LockId = Id<struct LockTag>;
using KeyId = Id<struct KeyTag>;

/// Hash for unordered containers: the ids are uniform already.
struct IdHash {
  template <class Tag>
  std::size_t operator()(const Id<Tag>& id) const {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};

}  // namespace pra
