#include "store/local_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::store {

namespace {

constexpr std::uint32_t kObjectMode = 0400;
constexpr std::uint32_t kDirectoryMode = 0700;
/// No object is as large; a file that is did not come from us.
constexpr std::uint64_t kLargestObject = std::uint64_t{1} << 30;
/// A name has fewer parts; a loop of symbolic links has more.
constexpr int kDeepest = 16;
constexpr auto kStaleAfter = std::chrono::hours(24);

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class LocalStore final : public Store {
 public:
  LocalStore(std::string directory, std::shared_ptr<FileSystem> files, std::shared_ptr<Clock> clock)
      : base_(std::move(directory)), files_(std::move(files)), clock_(std::move(clock)) {
    while (base_.size() > 1 && base_.ends_with('/'))
      base_.pop_back();
    if (base_.empty())
      throw Error(ErrorCode::kInvalidArgument, "a local repository needs a directory");
  }

  [[nodiscard]] std::string location() const override { return base_; }
  [[nodiscard]] bool is_local() const override { return true; }

  bool exists(const std::stop_token& stop) override {
    throw_if_stopped(stop);
    const auto info = files_->stat(base_);
    return info && info->is_directory;
  }

  void initialise(const std::stop_token& stop) override {
    throw_if_stopped(stop);
    create_with_parents(base_);
  }

  void create(std::string_view name, ByteView content, const std::stop_token& stop) override {
    check_object_name(name);
    throw_if_stopped(stop);
    const auto path = path_of(name);
    const auto directory = parent_of(path);
    prepare_directory(directory);
    try {
      create_durably(*files_, path, content, kObjectMode);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) forget_directory(directory);
      // The caller may take the object that is there for its own: it must last, too.
      if (error.code() == ErrorCode::kAlreadyExists) files_->sync_directory(directory);
      throw;
    }
  }

  Buffer read(std::string_view name, const std::stop_token& stop) override {
    check_object_name(name);
    throw_if_stopped(stop);
    const auto path = path_of(name);
    (void)need_object(path);  // Something else, a fifo, might never end.
    return files_->read(path, kLargestObject);
  }

  void read_range(std::string_view name, std::uint64_t offset, MutableByteView out,
                  const std::stop_token& stop) override {
    check_object_name(name);
    throw_if_stopped(stop);
    files_->read_range(path_of(name), offset, out);
  }

  std::uint64_t size(std::string_view name, const std::stop_token& stop) override {
    check_object_name(name);
    throw_if_stopped(stop);
    return need_object(path_of(name)).size;
  }

  void list(std::string_view prefix, const std::function<void(const Entry&)>& visit,
            const std::stop_token& stop) override {
    check_prefix(prefix);
    throw_if_stopped(stop);
    list_directory(prefix.empty() ? base_ : path_of(prefix.substr(0, prefix.size() - 1)),
                   std::string(prefix), kDeepest, visit, stop);
  }

  void remove(std::string_view name, const std::stop_token& stop) override {
    check_object_name(name);
    throw_if_stopped(stop);
    const auto path = path_of(name);
    files_->remove(path);
    files_->sync_directory(parent_of(path));
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view name) const {
    std::string out = base_;
    if (!out.ends_with('/')) out += '/';
    return out += name;
  }

  static bool is_object(const std::optional<FileSystem::Info>& info) {
    return info && S_ISREG(info->mode);
  }

  [[nodiscard]] FileSystem::Info need_object(const std::string& path) {
    const auto info = files_->stat(path);
    if (!is_object(info))
      throw Error(ErrorCode::kNotFound, "look at " + printable(path) + ": there is no such object");
    return *info;
  }

  /// Each level is durable before the next is made.
  void create_with_parents(const std::string& path) {
    if (files_->stat(path)) {
      files_->create_directories(path, kDirectoryMode);  // Complains when it is something else.
      return;
    }
    const auto parent = parent_of(path);
    if (parent != path) create_with_parents(parent);
    files_->create_directories(path, kDirectoryMode);
    files_->sync_directory(parent);
  }

  /// Before the first object of this process goes into a directory: makes it when it is missing,
  /// makes sure that its own name lasts (another thread or process may have made it a moment ago),
  /// and clears away what crashes have left in it.
  void prepare_directory(const std::string& directory) {
    const std::scoped_lock lock(mutex_);
    if (prepared_.contains(directory)) return;
    std::vector<std::string> levels;
    for (auto level = directory; level.size() > base_.size(); level = parent_of(level))
      levels.push_back(level);
    if (!files_->stat(base_))
      throw Error(ErrorCode::kNotFound,
                  "write to the repository " + printable(base_) + ": the directory does not exist");
    std::reverse(levels.begin(), levels.end());
    for (const auto& level : levels) {
      if (prepared_.contains(level)) continue;
      files_->create_directories(level, kDirectoryMode);
      files_->sync_directory(parent_of(level));
    }
    remove_stale(directory);
    prepared_.insert(directory);
  }

  void forget_directory(const std::string& directory) {
    const std::scoped_lock lock(mutex_);
    prepared_.erase(directory);
  }

  void remove_stale(const std::string& directory) {
    std::vector<std::string> leftovers;
    files_->list(directory, [&](std::string_view name, bool is_directory) {
      if (!is_directory && is_temporary_name(name))
        leftovers.push_back(directory + '/' + std::string(name));
    });
    for (const auto& path : leftovers) {
      try {
        const auto info = files_->stat(path);
        if (info && clock_->now().since(info->modified) > kStaleAfter) files_->remove(path);
      } catch (const Error&) {  // Tidying up is no reason to fail; the next process tries again.
      }
    }
  }

  void list_directory(const std::string& directory, const std::string& prefix, int depth,
                      const std::function<void(const Entry&)>& visit, const std::stop_token& stop) {
    std::vector<std::pair<std::string, bool>> names;
    try {
      files_->list(directory, [&](std::string_view name, bool is_directory) {
        if (is_object_name(name)) names.emplace_back(name, is_directory);
      });
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) return;
      throw;
    }
    for (const auto& [name, is_directory] : names) {
      throw_if_stopped(stop);
      auto path = directory;
      (path += '/') += name;
      if (is_directory) {
        if (depth == 0)
          throw Error(ErrorCode::kCorrupt, "list " + printable(path) + ": nested too deeply");
        list_directory(path, prefix + name + '/', depth - 1, visit, stop);
      } else if (const auto info = files_->stat(path); is_object(info)) {  // Else removed since.
        visit({prefix + name, info->size});
      }
    }
  }

  std::string base_;
  std::shared_ptr<FileSystem> files_;
  std::shared_ptr<Clock> clock_;
  std::mutex mutex_;
  std::unordered_set<std::string> prepared_;
};

}  // namespace

StorePointer make_local_store(std::string directory, std::shared_ptr<FileSystem> files,
                              std::shared_ptr<Clock> clock) {
  return std::make_shared<LocalStore>(std::move(directory), std::move(files), std::move(clock));
}

}  // namespace pra::store
