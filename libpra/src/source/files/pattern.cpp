#include "source/files/pattern.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>

#include <boost/container/small_vector.hpp>

#include "base/error.hpp"
#include "source/files/glob.hpp"
#include "source/files/path.hpp"

namespace pra::source {
namespace {

using Components = boost::container::small_vector<std::string_view, 32>;

constexpr std::uint64_t kLongestPatternFile = 64 << 20;

/// "/" comes first for an absolute path.
Components split(std::string_view path) {
  Components parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.front().empty()) parts.front() = "/";
  return parts;
}

bool is_shell_special(char c) {
  return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos;
}

struct ShellName {
  std::string_view name;
  std::size_t length = 0;  ///< Bytes taken, without the dollar sign.
};

/// The name after a dollar sign, by the rules of Go's os.Expand.
ShellName shell_name(std::string_view text) {
  if (text.front() == '{') {
    const auto close = text.find('}');
    if (close == std::string_view::npos) return {{}, 1};
    return {text.substr(1, close - 1), close + 1};
  }
  if (is_shell_special(text.front())) return {text.substr(0, 1), 1};
  std::size_t length = 0;
  while (length < text.size() &&
         (text[length] == '_' || (text[length] >= '0' && text[length] <= '9') ||
          (text[length] >= 'a' && text[length] <= 'z') ||
          (text[length] >= 'A' && text[length] <= 'Z')))
    ++length;
  return {text.substr(0, length), length};
}

std::string expand_environment(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '$' || at + 1 == line.size()) {
      out += line[at];
      continue;
    }
    const auto [name, length] = shell_name(line.substr(at + 1));
    if (name == "$") {
      out += '$';
    } else if (!name.empty()) {
      if (const char* value = std::getenv(std::string(name).c_str())) out += value;
    } else if (length == 0) {
      out += '$';
    }
    at += length;
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

/// Matches one path against patterns.
class PatternList::Matcher {
 public:
  explicit Matcher(std::string_view path) : path_(split(path)) {}

  [[nodiscard]] bool matches(const Pattern& pattern) const {
    return matches(pattern.parts, pattern.rooted, path_.size());
  }

  /// Whether something below the path could match.
  [[nodiscard]] bool child_may_match(const Pattern& pattern) const {
    if (!pattern.rooted) return true;
    const auto& parts = pattern.parts;
    const auto wildcard = std::find_if(parts.begin(), parts.end(), [](const Part& part) {
      return part.kind == Part::Kind::kAnyComponents;
    });
    auto length = path_.size();
    if (wildcard != parts.end())
      length = std::min(length, static_cast<std::size_t>(wildcard - parts.begin()));
    return matches(std::span(parts).first(std::min(length, parts.size())), true, length);
  }

 private:
  using Parts = std::span<const Part>;

  /// The pattern may begin at any component, or at the first when it is rooted, and may end before
  /// the path does: what matches a directory matches what is below.
  [[nodiscard]] bool matches(Parts parts, bool rooted, std::size_t length) const {
    if (parts.empty()) return length == 0;
    // restic expands each `**` in turn and lets the whole pattern, in which every `**` that is left
    // counts as one component, be no longer than the path. That rule decides a few cases
    // ("a/**/b/**" does not match "a/x/b"), so the same budget is kept here.
    const auto budget =
        static_cast<std::ptrdiff_t>(length) - static_cast<std::ptrdiff_t>(parts.size()) + 1;
    if (budget < 0) return false;
    const std::size_t first = !rooted && path_.front() == "/" ? 1 : 0;
    const std::size_t last = rooted ? 0 : length;
    for (auto begin = first; begin <= last; ++begin)
      if (matches_at(parts, begin, length, budget, true)) return true;
    return false;
  }

  [[nodiscard]] bool matches_at(Parts parts, std::size_t at, std::size_t length,
                                std::ptrdiff_t budget, bool nothing_taken) const {
    for (; !parts.empty(); parts = parts.subspan(1)) {
      if (parts.front().kind == Part::Kind::kAnyComponents) {
        for (std::ptrdiff_t taken = 0; taken <= budget; ++taken) {
          const auto next = at + static_cast<std::size_t>(taken);
          if (next > length) return false;
          if (matches_at(parts.subspan(1), next, length, budget - taken + 1,
                         nothing_taken && taken == 0))
            return true;
        }
        return false;
      }
      if (at >= length || !component_matches(parts.front(), path_[at])) return false;
      ++at;
      nothing_taken = false;
    }
    return !nothing_taken;
  }

  static bool component_matches(const Part& part, std::string_view component) {
    return part.kind == Part::Kind::kLiteral ? part.text == component
                                             : glob_matches(part.text, component);
  }

  Components path_;
};

PatternList::PatternList(const std::vector<std::string>& patterns) {
  std::string malformed;
  for (const auto& text : patterns) {
    if (text.empty()) continue;
    Pattern pattern;
    pattern.negated = text.front() == '!';
    const auto cleaned = clean_path(std::string_view(text).substr(pattern.negated ? 1 : 0));
    pattern.rooted = cleaned.front() == '/';
    bool well_formed = true;
    for (const auto component : split(cleaned)) {
      auto kind = Part::Kind::kLiteral;
      if (component.empty() || component == "**")  // "/" alone leaves an empty one, as in restic
        kind = Part::Kind::kAnyComponents;
      else if (component.find_first_of("\\[]*?") != std::string_view::npos)
        kind = Part::Kind::kGlob;
      well_formed = well_formed && (kind != Part::Kind::kGlob || glob_is_well_formed(component));
      pattern.parts.push_back({std::string(component), kind});
    }
    if (!well_formed) malformed += (malformed.empty() ? "'" : ", '") + printable(text) + "'";
    has_negated_ = has_negated_ || pattern.negated;
    patterns_.push_back(std::move(pattern));
  }
  if (!malformed.empty())
    throw Error(ErrorCode::kInvalidArgument, "malformed pattern: " + malformed,
                "close every '[' and write a literal '[', '-' or '\\' with a '\\' before it");
}

bool PatternList::matches(std::string_view path, bool* child_may_match) const {
  if (child_may_match != nullptr) *child_may_match = false;
  if (patterns_.empty()) return false;
  if (path.empty())
    throw Error(ErrorCode::kInvalidArgument, "cannot match an empty path against patterns");
  const Matcher matcher(path);
  bool matched = false;
  bool child = false;
  for (const auto& pattern : patterns_) {
    const bool match = matcher.matches(pattern);
    if (pattern.negated) {
      matched = matched && !match;
      child = child && !match;
      continue;
    }
    matched = matched || match;
    if (child_may_match != nullptr) child = child || matcher.child_may_match(pattern);
    if (!has_negated_ && matched && (child || child_may_match == nullptr)) break;
  }
  if (child_may_match != nullptr) *child_may_match = child;
  return matched;
}

std::vector<std::string> read_pattern_file(FileSystem& files, const std::string& path) {
  const auto content = files.read(path, kLongestPatternFile);
  auto text = as_text(content);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw Error(ErrorCode::kInvalidArgument,
                "the pattern file " + printable(path) + " is encoded in UTF-16",
                "save it as UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string> patterns;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = trim(text.substr(begin, end - begin));
    begin = end + 1;
    if (!line.empty() && line.front() != '#') patterns.push_back(expand_environment(line));
  }
  return patterns;
}

}  // namespace pra::source
