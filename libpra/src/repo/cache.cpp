#include "repo/cache.hpp"

#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/random.hpp"
#include "crypto/sha256.hpp"

namespace pra::repo {

namespace {

constexpr std::uint64_t kMaxCached = std::uint64_t{1} << 30;
constexpr std::string_view kTemporary = "new-";
constexpr auto kLeftOver = std::chrono::hours(24);

}  // namespace

Cache::Cache(std::string directory, std::shared_ptr<FileSystem> files, std::shared_ptr<Clock> clock,
             std::shared_ptr<Logger> logger)
    : directory_(std::move(directory)),
      files_(std::move(files)),
      clock_(std::move(clock)),
      logger_(std::move(logger)) {}

std::string Cache::folder(std::string_view kind) const {
  return directory_ + "/" + std::string(kind);
}

std::string Cache::path(std::string_view kind, const std::string& hex) const {
  return folder(kind) + "/" + hex;
}

std::optional<Buffer> Cache::load(std::string_view kind, const std::string& hex) {
  try {
    const std::string file = path(kind, hex);
    if (!files_->stat(file)) return std::nullopt;
    Buffer content = files_->read(file, kMaxCached);
    if (crypto::sha256(content).hex() == hex) return content;
    files_->remove(file);
  } catch (const Error& error) {
    logger_->debug(std::string("cache: ") + error.what());
  }
  return std::nullopt;
}

void Cache::store(std::string_view kind, const std::string& hex, ByteView content) {
  try {
    files_->create_directories(folder(kind), 0700);
    const std::string temporary =
        path(kind, std::string(kTemporary) + to_hex(crypto::random_bytes(16)));
    files_->write_new(temporary, content, 0600);
    files_->rename(temporary, path(kind, hex));
  } catch (const Error& error) {
    logger_->debug(std::string("cache: ") + error.what());
  }
}

void Cache::remove(std::string_view kind, const std::string& hex) {
  try {
    const std::string file = path(kind, hex);
    if (files_->stat(file)) files_->remove(file);
  } catch (const Error& error) {
    logger_->debug(std::string("cache: ") + error.what());
  }
}

void Cache::keep_only(std::string_view kind, const std::unordered_set<std::string>& known) {
  try {
    if (!files_->stat(folder(kind))) return;
    std::vector<std::string> names;
    files_->list(folder(kind), [&](std::string_view name, bool is_directory) {
      if (!is_directory && !known.contains(std::string(name))) names.emplace_back(name);
    });
    for (const std::string& name : names) {
      const auto info = files_->stat(path(kind, name));
      // Another process may be writing this one now.
      const bool fresh =
          name.starts_with(kTemporary) && info && clock_->now().since(info->modified) < kLeftOver;
      if (!fresh) remove(kind, name);
    }
  } catch (const Error& error) {
    logger_->debug(std::string("cache: ") + error.what());
  }
}

}  // namespace pra::repo
