#include "source/files/path.hpp"

#include <filesystem>
#include <system_error>

#include "base/error.hpp"

namespace pra::source {

std::string clean_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!rooted) {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const auto part : parts) {
    if (rooted || !out.empty()) out += '/';
    out += part;
  }
  if (out.empty()) out = rooted ? "/" : ".";
  return out;
}

std::string absolute_path(std::string_view path) {
  if (path.starts_with('/')) return clean_path(path);
  std::error_code failure;
  const auto here = std::filesystem::current_path(failure);
  if (failure) throw_errno("cannot find the working directory for", path, failure.value());
  return clean_path(here.string() + '/' + std::string(path));
}

std::vector<std::string> path_components(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 1; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace pra::source
