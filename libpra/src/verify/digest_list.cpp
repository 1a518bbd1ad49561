#include "verify/digest_list.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "verify/verify.hpp"

namespace pra::verify {
namespace {

/// The name that an escaped one stands for; nothing when an escape is unknown.
std::optional<std::string> unescape(std::string_view escaped) {
  std::string name;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      name += escaped[i];
      continue;
    }
    const char escape = ++i < escaped.size() ? escaped[i] : '\0';
    switch (escape) {
      case '\\':
        name += '\\';
        break;
      case 'n':
        name += '\n';
        break;
      case 'r':
        name += '\r';
        break;
      default:
        return std::nullopt;
    }
  }
  return name;
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

std::string lower_case(std::string_view hex) {
  std::string out(hex);
  for (char& digit : out)
    if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
  return out;
}

/// Parts of a line, still as written.
struct Parts {
  const crypto::DigestAlgorithm* algorithm;
  std::string_view hex;
  std::string_view name;
};

std::optional<Parts> split_tagged(std::string_view line) {
  for (const auto& algorithm : crypto::digest_algorithms()) {
    constexpr std::string_view kOpen = " (";
    constexpr std::string_view kClose = ") = ";
    if (!line.starts_with(algorithm.tag) || !line.substr(algorithm.tag.size()).starts_with(kOpen))
      continue;
    const std::size_t begin = algorithm.tag.size() + kOpen.size();
    const std::size_t end = line.rfind(kClose);
    if (end == line.npos || end < begin) return std::nullopt;
    return Parts{&algorithm, line.substr(end + kClose.size()), line.substr(begin, end - begin)};
  }
  return std::nullopt;
}

std::optional<Parts> split_plain(std::string_view line, const crypto::DigestAlgorithm& algorithm) {
  const std::size_t blank = line.find_first_of(" \t");
  if (blank == line.npos) return std::nullopt;
  std::string_view name = line.substr(blank + 1);
  // After the blank a second one or a star says text or binary, which are the same on our systems.
  if (name.starts_with(' ') || name.starts_with('*')) name.remove_prefix(1);
  return Parts{&algorithm, line.substr(0, blank), name};
}

std::string wrong_digest(std::string_view hex, const crypto::DigestAlgorithm& algorithm) {
  std::string message = "is not a line with a " + std::string(algorithm.name) + " digest";
  if (!is_hex(hex)) return message;
  for (const auto& other : crypto::digest_algorithms())
    if (hex.size() == 2 * other.size)
      return message + "; by its length it may be " + std::string(other.name);
  return message;
}

ListedDigest parse_line(std::string_view line, const crypto::DigestAlgorithm& algorithm) {
  ListedDigest listed;
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  auto parts = split_tagged(line);
  if (!parts) parts = split_plain(line, algorithm);
  if (!parts || !is_hex(parts->hex) || parts->hex.size() != 2 * parts->algorithm->size) {
    listed.malformed = wrong_digest(parts ? parts->hex : "", parts ? *parts->algorithm : algorithm);
    return listed;
  }
  const auto name = escaped ? unescape(parts->name) : std::string(parts->name);
  if (!name || name->empty() || name->find('\0') != name->npos) {
    listed.malformed = "has no valid file name";
    return listed;
  }
  listed.algorithm = parts->algorithm;
  listed.hex = lower_case(parts->hex);
  listed.path = *name;
  return listed;
}

}  // namespace

void append_digest_line(std::string& out, std::string_view hex, std::string_view path) {
  const bool escape = path.find_first_of("\\\n\r") != path.npos;
  if (escape) out += '\\';
  out.append(hex).append("  ");
  if (!escape) {
    out.append(path);
  } else {
    for (const char byte : path) {
      if (byte == '\\')
        out += "\\\\";
      else if (byte == '\n')
        out += "\\n";
      else if (byte == '\r')
        out += "\\r";
      else
        out += byte;
    }
  }
  out += '\n';
}

std::vector<ListedDigest> parse_digest_list(std::string_view text,
                                            const crypto::DigestAlgorithm& algorithm) {
  std::vector<ListedDigest> list;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == line.npos || line.starts_with('#')) continue;
    list.push_back(parse_line(line, algorithm));
    list.back().line = number;
  }
  return list;
}

std::string format_digest_lines(const DigestResult& result) {
  std::string text;
  for (const auto& line : result.lines)
    append_digest_line(text, line.hex, line.path);
  return text;
}

}  // namespace pra::verify
