#include "source/files/selection.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace pra::source {
namespace {

bool has_header(const Directory& directory, const TagFile& tag, Logger& logger) {
  if (tag.header.empty()) return true;
  try {
    const auto file = directory.open_file(tag.name);
    std::string begin(tag.header.size(), '\0');
    const auto length =
        file.read_at(0, {reinterpret_cast<std::uint8_t*>(begin.data()), begin.size()});
    if (begin == tag.header && length == begin.size()) return true;
    logger.warning("ignored " + printable(directory.path_of(tag.name)) +
                   ", which should exclude its directory: it does not begin with the signature");
  } catch (const Error& error) {
    logger.warning(std::string("could not read a file that may exclude its directory: ") +
                   error.what());
  }
  return false;
}

}  // namespace

TagFile parse_tag_file(const std::string& specification) {
  const auto colon = specification.find(':');
  TagFile tag;
  tag.name = specification.substr(0, colon);
  if (colon != std::string::npos) tag.header = specification.substr(colon + 1);
  if (tag.name.empty() || tag.name == "." || tag.name == ".." ||
      tag.name.find('/') != std::string::npos || tag.name.find('\0') != std::string::npos)
    throw Error(
        ErrorCode::kInvalidArgument,
        "'" + printable(specification) + "' does not name a file that excludes its directory",
        "write a file name, or a file name, a colon and what the file begins with");
  return tag;
}

TagFile cache_directory_tag() {
  return {"CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"};
}

void Selection::drop_tagged(const Directory& directory, std::vector<DirectoryEntry>& entries,
                            Logger& logger) const {
  std::vector<const TagFile*> found;
  for (const auto& tag : tag_files) {
    const auto place = std::lower_bound(
        entries.begin(), entries.end(), tag.name,
        [](const DirectoryEntry& entry, const std::string& name) { return entry.name < name; });
    if (place != entries.end() && place->name == tag.name && has_header(directory, tag, logger))
      found.push_back(&tag);
  }
  if (found.empty()) return;
  std::erase_if(entries, [&](const DirectoryEntry& entry) {
    return std::any_of(found.begin(), found.end(),
                       [&](const TagFile* tag) { return entry.name != tag->name; });
  });
}

}  // namespace pra::source
