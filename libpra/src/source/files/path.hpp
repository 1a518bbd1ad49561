#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pra::source {

/// The shortest equal path by text alone: repeated '/', "." and "x/.." are removed; an empty path
/// becomes "." (Go's filepath.Clean, which restic's paths and patterns pass through).
[[nodiscard]] std::string clean_path(std::string_view path);

/// `clean_path`, with a relative path put behind the working directory.
[[nodiscard]] std::string absolute_path(std::string_view path);

/// The components of a cleaned absolute path; none for "/".
[[nodiscard]] std::vector<std::string> path_components(std::string_view path);

}  // namespace pra::source
