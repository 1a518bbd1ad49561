#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/time.hpp"

namespace pra::repo {

/// Local copies of small repository files, `<directory>/<kind>/<hex>`, sealed as they are in the
/// store and named by their SHA-256, which is checked before use: a cache can be stale, damaged or
/// deleted at any time, by other processes too, and only costs time. No method fails. Safe for
/// concurrent use.
class Cache {
 public:
  Cache(std::string directory, std::shared_ptr<FileSystem> files, std::shared_ptr<Clock> clock,
        std::shared_ptr<Logger> logger);

  /// Nothing unless a good copy is there.
  [[nodiscard]] std::optional<Buffer> load(std::string_view kind, const std::string& hex);
  void store(std::string_view kind, const std::string& hex, ByteView content);
  void remove(std::string_view kind, const std::string& hex);
  /// Removes the copies that the repository no longer has, and left-over temporary files.
  void keep_only(std::string_view kind, const std::unordered_set<std::string>& known);

 private:
  [[nodiscard]] std::string folder(std::string_view kind) const;
  [[nodiscard]] std::string path(std::string_view kind, const std::string& hex) const;

  std::string directory_;
  std::shared_ptr<FileSystem> files_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Logger> logger_;
};

}  // namespace pra::repo
