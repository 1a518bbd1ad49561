#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"

namespace pra::source {

/// Path patterns with the meaning that restic gives them (its `--exclude` and `--include`):
///
/// - A pattern is matched component by component; `*`, `?` and `[a-z]` (negated `[^a-z]`) never
///   cross a '/', `\` takes the next character literally. Case matters.
/// - One that begins with '/' is anchored at the root; any other matches at every depth.
/// - What matches a directory matches everything below it.
/// - `**` stands for any number of components.
/// - `!` in front takes back what earlier patterns matched.
///
/// Immutable once made; safe for concurrent use.
class PatternList {
 public:
  PatternList() = default;
  /// Empty patterns are ignored. Error(kInvalidArgument) that names every malformed one.
  explicit PatternList(const std::vector<std::string>& patterns);

  [[nodiscard]] bool empty() const { return patterns_.empty(); }

  /// Whether `path` ("/srv/data/x", cleaned, not empty) is matched. `child_may_match`, when given,
  /// says whether anything below `path` could be: with patterns of what to include, a directory
  /// that does not match and whose children cannot either need not be entered.
  [[nodiscard]] bool matches(std::string_view path, bool* child_may_match = nullptr) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { kLiteral, kGlob, kAnyComponents };
    std::string text;
    Kind kind = Kind::kLiteral;
  };
  struct Pattern {
    std::vector<Part> parts;
    bool negated = false;
    bool rooted = false;
  };
  class Matcher;

  std::vector<Pattern> patterns_;
  bool has_negated_ = false;
};

/// Reads patterns from a text file as restic's `--exclude-file`: one a line, surrounding white
/// space dropped, empty lines and lines that begin with '#' ignored, `$NAME` and `${NAME}` replaced
/// from the environment, `$$` a dollar sign.
[[nodiscard]] std::vector<std::string> read_pattern_file(FileSystem& files,
                                                         const std::string& path);

}  // namespace pra::source
