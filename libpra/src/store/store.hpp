#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pra::store {

/// Where a repository's files are kept. Names are relative, with '/' between parts ("config",
/// "keys/<id>", "data/ab/<id>", "wal/…"): only [A-Za-z0-9._-] and '/', never "..", never a leading
/// '/'. Objects are immutable: created once, read, removed.
///
/// Errors are of one taxonomy: kNotFound (missing), kPermissionDenied, kAlreadyExists, kTransient
/// (try again), kNoSpace, kCancelled, and kFailed (permanent). All methods are safe for concurrent
/// use and stop early, with kCancelled, once `stop` is requested.
class Store {
 public:
  virtual ~Store() = default;

  /// How people name it; never with a secret in it.
  [[nodiscard]] virtual std::string location() const = 0;
  /// Whether the place itself (directory, bucket) is there; if it holds a repository is for the
  /// caller to find out.
  [[nodiscard]] virtual bool exists(const std::stop_token& stop) = 0;
  /// Makes the place itself (directories, bucket prefix); no error when it is there.
  virtual void initialise(const std::stop_token& stop) = 0;

  /// Stores an object. On success it is durable and whole. Never overwrites: Error(kAlreadyExists).
  virtual void create(std::string_view name, ByteView content, const std::stop_token& stop) = 0;
  /// The whole object.
  [[nodiscard]] virtual Buffer read(std::string_view name, const std::stop_token& stop) = 0;
  /// Exactly out.size() bytes from `offset`. An object that is shorter is Error(kCorrupt).
  virtual void read_range(std::string_view name, std::uint64_t offset, MutableByteView out,
                          const std::stop_token& stop) = 0;
  /// The object's size. Error(kNotFound) when it is missing.
  [[nodiscard]] virtual std::uint64_t size(std::string_view name, const std::stop_token& stop) = 0;
  struct Entry {
    std::string name;  ///< Full name, beginning with the prefix asked for.
    std::uint64_t size = 0;
  };
  /// Every object whose name begins with `prefix`, which ends in '/' ("data/" finds those in its
  /// subfolders too) or is empty, in no order. A prefix that does not exist holds nothing. Files
  /// that are no objects (temporary names) are not shown.
  virtual void list(std::string_view prefix, const std::function<void(const Entry&)>& visit,
                    const std::stop_token& stop) = 0;
  /// Removes an object, durably: who removes one thing after another may rely on the order. A
  /// missing one is Error(kNotFound).
  virtual void remove(std::string_view name, const std::stop_token& stop) = 0;
  /// How many requests at once are worth making.
  [[nodiscard]] virtual unsigned connections() const { return 2; }
  /// True when reading costs no more than reading a local copy would: a cache is of no use then.
  [[nodiscard]] virtual bool is_local() const { return false; }
};

using StorePointer = std::shared_ptr<Store>;

/// True when `name` has the form above; of at most 900 bytes, 200 a part.
[[nodiscard]] bool is_object_name(std::string_view name);
/// Throws Error(kInvalidArgument) unless `name` has the form above: the guard of every Store.
void check_object_name(std::string_view name);
/// The same for what `list` takes: a name with '/' at its end, or nothing (every object).
void check_prefix(std::string_view prefix);

}  // namespace pra::store
