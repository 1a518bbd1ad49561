#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pra::test {

/// All files below a directory, in order.
inline std::vector<std::string> files_below(const std::string& directory) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes over a file whatever its mode.
inline void overwrite_file(const std::string& path, const std::string& content) {
  namespace fs = std::filesystem;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// One thing that goes wrong with a file, undone when it goes.
class Damage {
 public:
  enum class Kind { kFlip, kTruncate, kRemove };

  Damage(std::string path, Kind kind, std::size_t where)
      : path_(std::move(path)), content_(read_file(path_)) {
    if (kind == Kind::kRemove) {
      std::filesystem::remove(path_);
      return;
    }
    auto damaged = content_;
    if (kind == Kind::kFlip)
      damaged[where / 8 % damaged.size()] =
          static_cast<char>(damaged[where / 8 % damaged.size()] ^ (1 << where % 8));
    else
      damaged.resize(where % damaged.size());
    overwrite_file(path_, damaged);
  }
  Damage(const Damage&) = delete;
  Damage& operator=(const Damage&) = delete;
  ~Damage() {
    std::filesystem::remove(path_);
    std::ofstream(path_, std::ios::binary) << content_;
  }

 private:
  std::string path_;
  std::string content_;
};

}  // namespace pra::test
