#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file_system.hpp"

namespace pra::test {

/// A file system in memory that knows what a crash would leave. A file's bytes last once they are
/// synced, a name once its directory is synced; a crash may keep more than that, or less of one and
/// more of the other, but never less than both. Safe for concurrent use.
class CrashFileSystem final : public FileSystem {
 public:
  /// What of the unsynced survives a crash: disks and file systems differ.
  enum class Survives { kNothing, kNames, kBytes, kEverything };
  static constexpr Survives kAllSurvivals[] = {Survives::kNothing, Survives::kNames,
                                               Survives::kBytes, Survives::kEverything};

  /// Which promises it breaks: to see that a test would notice.
  struct Lies {
    bool sync_directory = false;
    bool sync_content = false;
  };

  CrashFileSystem() = default;
  explicit CrashFileSystem(Lies lies) : lies_(lies) {}

  /// The power fails right after the `step`-th step from now on: until `restart` every call fails
  /// and changes nothing. A step is a system call that changes something.
  void crash_after(std::uint64_t step) {
    const std::scoped_lock lock(mutex_);
    steps_until_crash_ = step;
  }
  [[nodiscard]] bool crashed() const {
    const std::scoped_lock lock(mutex_);
    return crashed_;
  }
  /// Comes up again with what survived.
  void restart(Survives survives) {
    const std::scoped_lock lock(mutex_);
    crashed_ = false;
    steps_until_crash_.reset();
    settle(*root_, survives);
  }
  void set_time(Timestamp now) {
    const std::scoped_lock lock(mutex_);
    now_ = now;
  }
  /// Every file's path, temporary ones too.
  [[nodiscard]] std::vector<std::string> all_files() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> out;
    collect(*root_, "", out);
    return out;
  }

  std::optional<Info> stat(const std::string& path) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto node = find(path);
    if (!node) return std::nullopt;
    Info info;
    info.size = node->content.size();
    info.modified = node->modified;
    info.mode = node->mode | (node->is_directory ? S_IFDIR : S_IFREG);
    info.is_directory = node->is_directory;
    return info;
  }

  Buffer read(const std::string& path, std::uint64_t limit) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto& content = need_file(path).content;
    if (content.size() > limit) throw Error(ErrorCode::kFailed, "too large: " + path);
    return content;
  }

  void read_range(const std::string& path, std::uint64_t offset, MutableByteView out) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto& content = need_file(path).content;
    if (offset > content.size() || content.size() - offset < out.size())
      throw Error(ErrorCode::kCorrupt, "too short: " + path);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }

  void write_new(const std::string& path, ByteView content, std::uint32_t mode) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto [directory, name] = place_of(path);
    if (directory->entries.contains(name))
      throw Error(ErrorCode::kAlreadyExists, "exists: " + path);
    const auto file = std::make_shared<Node>();
    file->mode = mode;
    file->modified = now_;
    directory->entries[name] = file;
    step();
    file->content = to_buffer(content.first(content.size() / 2));
    step();
    file->content = to_buffer(content);
    step();
    if (!lies_.sync_content) file->durable_content = file->content;
    step();
  }

  void rename(const std::string& from, const std::string& to) override { move(from, to, true); }
  void rename_new(const std::string& from, const std::string& to) override {
    move(from, to, false);
  }

  void remove(const std::string& path) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    (void)need_file(path);
    const auto [directory, name] = place_of(path);
    directory->entries.erase(name);
    step();
  }

  void create_directories(const std::string& path, std::uint32_t mode) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    auto node = root_;
    for (const auto& part : parts_of(path)) {
      auto& next = node->entries[part];
      if (!next) {
        next = std::make_shared<Node>();
        next->is_directory = true;
        next->mode = mode;
        step();
      }
      if (!next->is_directory) throw Error(ErrorCode::kNotFound, "not a directory: " + path);
      node = next;
    }
  }

  void sync_directory(const std::string& path) override {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto node = find(path);
    if (!node || !node->is_directory) throw Error(ErrorCode::kNotFound, "no directory: " + path);
    if (!lies_.sync_directory) node->durable_entries = node->entries;
    step();
  }

  void list(const std::string& path,
            const std::function<void(std::string_view, bool)>& visit) override {
    std::map<std::string, std::shared_ptr<Node>> entries;
    {
      const std::scoped_lock lock(mutex_);
      require_power();
      const auto node = find(path);
      if (!node || !node->is_directory) throw Error(ErrorCode::kNotFound, "no directory: " + path);
      entries = node->entries;
    }
    for (const auto& [name, node] : entries)
      visit(name, node->is_directory);
  }

 private:
  struct Node {
    bool is_directory = false;
    std::uint32_t mode = 0;
    Timestamp modified;
    Buffer content;
    Buffer durable_content;
    std::map<std::string, std::shared_ptr<Node>> entries;
    std::map<std::string, std::shared_ptr<Node>> durable_entries;
  };

  void require_power() const {
    if (crashed_) throw Error(ErrorCode::kFailed, "the power is off");
  }

  void step() {
    if (!steps_until_crash_ || --*steps_until_crash_ > 0) return;
    crashed_ = true;
    throw Error(ErrorCode::kFailed, "the power went off");
  }

  static std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> out;
    std::string part;
    for (const char c : path + '/') {
      if (c != '/') {
        part += c;
      } else if (!part.empty()) {
        out.push_back(std::exchange(part, {}));
      }
    }
    return out;
  }

  [[nodiscard]] std::shared_ptr<Node> find(const std::string& path) const {
    auto node = root_;
    for (const auto& part : parts_of(path)) {
      const auto entry = node->entries.find(part);
      if (entry == node->entries.end()) return nullptr;
      node = entry->second;
    }
    return node;
  }

  [[nodiscard]] const Node& need_file(const std::string& path) const {
    const auto node = find(path);
    if (!node || node->is_directory) throw Error(ErrorCode::kNotFound, "no file: " + path);
    return *node;
  }

  /// The directory that holds the last part of `path`, and that part.
  [[nodiscard]] std::pair<std::shared_ptr<Node>, std::string> place_of(
      const std::string& path) const {
    auto parts = parts_of(path);
    auto name = std::move(parts.back());
    parts.pop_back();
    auto directory = root_;
    for (const auto& part : parts) {
      const auto entry = directory->entries.find(part);
      if (entry == directory->entries.end() || !entry->second->is_directory)
        throw Error(ErrorCode::kNotFound, "no such directory: " + path);
      directory = entry->second;
    }
    return {std::move(directory), std::move(name)};
  }

  void move(const std::string& from, const std::string& to, bool replace) {
    const std::scoped_lock lock(mutex_);
    require_power();
    const auto node = find(from);
    if (!node) throw Error(ErrorCode::kNotFound, "no file: " + from);
    const auto [target, target_name] = place_of(to);
    if (!replace && target->entries.contains(target_name))
      throw Error(ErrorCode::kAlreadyExists, "exists: " + to);
    const auto [source, source_name] = place_of(from);
    source->entries.erase(source_name);
    target->entries[target_name] = node;
    step();
  }

  static void settle(Node& node, Survives survives) {
    const bool names = survives == Survives::kNames || survives == Survives::kEverything;
    const bool bytes = survives == Survives::kBytes || survives == Survives::kEverything;
    (bytes ? node.durable_content : node.content) = bytes ? node.content : node.durable_content;
    (names ? node.durable_entries : node.entries) = names ? node.entries : node.durable_entries;
    for (const auto& [name, entry] : node.entries)
      settle(*entry, survives);
  }

  static void collect(const Node& node, const std::string& path, std::vector<std::string>& out) {
    for (const auto& [name, entry] : node.entries) {
      if (entry->is_directory)
        collect(*entry, path + '/' + name, out);
      else
        out.push_back(path + '/' + name);
    }
  }

  mutable std::mutex mutex_;
  const Lies lies_;
  std::shared_ptr<Node> root_ = [] {
    auto root = std::make_shared<Node>();
    root->is_directory = true;
    return root;
  }();
  std::optional<std::uint64_t> steps_until_crash_;
  bool crashed_ = false;
  Timestamp now_{1'700'000'000, 0};
};

}  // namespace pra::test
